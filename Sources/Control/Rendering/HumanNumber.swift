/// Numbers in few characters; the exact ones are in `--json`.
enum HumanNumber {
  /// Bytes in powers of 1024, as geom prints them: `512`, `1.5K`, `64M`, `1.0G`.
  static func bytes(_ count: UInt64) -> String {
    scaled(count, step: 1024, exactBelow: 1024, units: ["", "K", "M", "G", "T", "P", "E"])
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
