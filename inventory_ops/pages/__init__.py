"""What frames a page and what is shown on none but one: menu and user, overview, guide, metrics."""
