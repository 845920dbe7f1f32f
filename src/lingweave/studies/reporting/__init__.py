"""A study's report: Markdown, JSON, a page, and a summary in the terminal."""
