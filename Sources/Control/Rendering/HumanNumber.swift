/// Numbers in few characters; the exact ones are in `--json`.
enum HumanNumber {
  /// Bytes in powers of 1024, as geom prints them: `512`, `1.5K`, `64M`, `1.0G`.
  static func bytes(_ count: UInt64) -> String {
    scaled(count, step: 1024, exactBelow: 1024, units: ["", "K", "M", "G", "T", "P", "E"])
  }

  /// Bytes as `geom list` prints them, in at most four characters and rounded to the nearest: `512B`, `1.5K`,
  /// `64M`, `1.0G` (FreeBSD, humanize_number(3) with a buffer of five bytes).
  static func geomBytes(_ count: UInt64) -> String {
    let units = ["B", "K", "M", "G", "T", "P", "E"]
    // From here on a tenth more would be a digit more.
    let nearlyWhole: UInt64 = 973
    var whole = count
    var remainder: UInt64 = 0
    var unit = 0
    while whole >= 1000 || (whole == 999 && remainder >= 512), unit < units.count - 1 {
      remainder = whole % 1024
      whole /= 1024
      unit += 1
    }
    guard unit > 0, whole < 9 || (whole == 9 && remainder < nearlyWhole) else {
      return "\(whole + (remainder + 512) / 1024)\(units[unit])"
    }
    let tenths = whole * 10 + (remainder * 10 + 512) / 1024
    return "\(tenths / 10).\(tenths % 10)\(units[unit])"
  }

  /// Counts in powers of 1000, exact as long as they have at most six digits.
  static func count(_ count: UInt64) -> String {
    scaled(count, step: 1000, exactBelow: 1_000_000, units: ["", "k", "M", "G", "T", "P", "E"])
  }

  /// Times in two or three digits: `85 us`, `1.2 ms`, `12 s`.
  static func time(microseconds: UInt64) -> String {
    scaled(microseconds, step: 1000, exactBelow: 1000, units: [" us", " ms", " s"])
  }

  /// One decimal below ten, none above, rounded down: a number must not look more than it is.
  private static func scaled(
    _ value: UInt64, step: UInt64, exactBelow: UInt64, units: [String]
  ) -> String {
    guard value >= exactBelow else { return String(value) + (units.first ?? "") }
    var whole = value
    var remainder: UInt64 = 0
    var unit = 0
    while whole >= step, unit < units.count - 1 {
      remainder = whole % step
      whole /= step
      unit += 1
    }
    let text = whole < 10 ? "\(whole).\(remainder * 10 / step)" : "\(whole)"
    return text + units[unit]
  }
}
