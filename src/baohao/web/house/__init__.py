"""What operators keep of their own in the pages: looks, limits and reviews."""
