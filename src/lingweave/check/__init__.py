"""`lingweave data check`: whether a table is fit to be trained on, on one page."""
