"""What becomes of a user's grant at the site: found out, watched, ended."""
