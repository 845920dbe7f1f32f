"""What runs would take, before anything is started."""
