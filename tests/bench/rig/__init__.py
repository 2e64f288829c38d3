"""What compare and guards share: building the helpers, starting what is measured, reading the kernel's accounts."""
