"""Units the shop lost or damaged: written off once, credited to their seller once, explained."""
