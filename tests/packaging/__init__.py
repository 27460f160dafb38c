"""What leaves the checkout: the wheel, the image, the composition; and what prepares it."""
