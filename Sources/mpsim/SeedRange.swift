import ArgumentParser

/// The seeds of a run: `A..B`, both included, or one number.
struct SeedRange: ExpressibleByArgument {
  let seeds: ClosedRange<UInt64>

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
    guard let first = parts.first.flatMap({ UInt64($0) }) else { return nil }
    if parts.count == 1 && !argument.contains(".") {
      seeds = first...first
      return
    }
    guard parts.count == 2, argument.contains(".."), let last = UInt64(parts[1]), first <= last
    else {
      return nil
    }
    seeds = first...last
  }

  var defaultValueDescription: String { "\(seeds.lowerBound)..\(seeds.upperBound)" }
}
