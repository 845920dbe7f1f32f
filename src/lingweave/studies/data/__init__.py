"""The tables that a study's runs are trained on."""
