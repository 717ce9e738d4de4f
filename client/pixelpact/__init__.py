"""PixelPact: hospitals share medical images under the patient's signed consent."""
