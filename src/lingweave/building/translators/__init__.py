"""What turns a sentence into one of another language: models, endpoints, rules, files."""
