"""What apps declare and the base shows: menu, topics, guide, marks on orders; and who may do what."""
