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

  /// One decimal below ten, none above, rounded down: a number must not look more than it is.
  private static func scaled(
    _ value: UInt64, step: UInt64, exactBelow: UInt64, units: [String]
  ) -> String {
    guard value >= exactBelow else { return String(value) }
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
