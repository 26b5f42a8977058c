"""GS1 arithmetic written down a second time, for expectations that are not our own answers."""


def check_digit(digits):
    """The check digit behind `digits`: weights 3 and 1 from the right (General Specifications, 7.9)."""
    weights = [3, 1] * len(digits)
    total = sum(int(digit) * weight for digit, weight in zip(digits[::-1], weights, strict=False))
    return str((10 - total % 10) % 10)


def upc_e_of(upc_a):
    """The UPC-E of a UPC-A of 12 digits, or None: the way that zeros are left out (5.2.2.4)."""
    system, maker, item, check = upc_a[0], upc_a[1:6], upc_a[6:11], upc_a[11]
    if system not in "01":
        return None
    if maker[2:] in ("000", "100", "200") and item[:2] == "00":
        return system + maker[:2] + item[2:] + maker[2] + check
    if maker[3:] == "00" and item[:3] == "000":
        return system + maker[:3] + item[3:] + "3" + check
    if maker[4] == "0" and item[:4] == "0000":
        return system + maker[:4] + item[4] + "4" + check
    if item[:4] == "0000" and item[4] in "56789":
        return system + maker + item[4] + check
    return None
