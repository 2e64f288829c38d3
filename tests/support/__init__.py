"""What the integration tests share: the binary under test, raw HTTP/1 ends, real services behind it. Standard library only."""
