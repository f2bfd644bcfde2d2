"""Account Management: alternate and primary contacts."""
