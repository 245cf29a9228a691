internal import ArgumentParser
internal import BlockIO
internal import CLinux
internal import Glibc
internal import Multipath

/// What a decision costs: submit and complete, without any I/O.
struct MachineBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine",
    abstract: "Time the decision machine: submit and complete requests on paths that never fail.",
    discussion: """
      Prints nanoseconds of CPU time per request, the median of several rounds, and how often memory was \
      allocated in the last one.
      """)

  @Option(help: "Paths of the device.")
  var paths = 4

  @Option(help: "Requests under way at once.")
  var depth = 32

  @Option(help: "Requests per round.")
  var requests = 2_000_000

  @Option(help: "Rounds.")
  var rounds = 5

  @Option(help: "The rule for choosing a path, or \"all\".")
  var selector = "all"

  func run() throws {
    let kinds = SelectorKind.all.filter { selector == "all" || $0.name == selector }
    guard !kinds.isEmpty else { throw ValidationError("there is no selector \(selector)") }
    guard unsafe setenv("MPATHD_COUNT_ALLOCATIONS", "1", 1) == 0 else { throw ExitCode.failure }
    for kind in kinds {
      var times: [UInt64] = []
      var allocations: UInt64 = 0
      for _ in 0..<rounds {
        let round = Self.round(kind, paths: paths, depth: depth, requests: requests)
        times.append(round.nanoseconds)
        allocations = round.allocations
      }
      times.sort()
      print(
        "\(kind.name): \(times[rounds / 2]) ns per request (best \(times[0])), \(allocations) allocations"
      )
    }
  }

  /// Nanoseconds of CPU time per request in one round, and calls of malloc in it once the tables have grown.
  private static func round(
    _ kind: SelectorKind, paths: Int, depth: Int, requests: Int
  ) -> (nanoseconds: UInt64, allocations: UInt64) {
    guard let geometry = Geometry(sizeBytes: 1 << 30, blockBytes: 512) else { return (0, 0) }
    // A rule that does not share belongs to the mode of its name.
    let mode = kind.spreads ? Mode.activeActive : Mode(word: kind.name) ?? .activePassive
    var machine = MultipathMachine(MultipathConfiguration(mode: mode, geometry: geometry))
    var effects = MultipathMachine.Effects(capacity: 256)
    for _ in 0..<paths { _ = machine.addPath(at: .zero, effects: &effects) }
    if kind.spreads { machine.setSelector(kind) }
    while effects.next() != nil {}
    var tokens = [Token](repeating: Token(rawValue: 0), count: depth)
    var allocations: UInt64 = 0
    let start = cpuNanoseconds()
    var now = Instant.zero
    for number in 0..<requests {
      let slot = number % depth
      now = now + .microseconds(1)
      // Until here the tables have grown to what this depth needs, once and for all.
      if number == depth { allocations = mp_allocations() }
      if number >= depth {
        machine.attemptFinished(tokens[slot], outcome: .success, at: now, effects: &effects)
        while effects.next() != nil {}
      }
      let offset = UInt64(number & 0xffff) * 4096
      machine.submit(
        slot: UInt32(slot), operation: number & 3 == 0 ? .write : .read, flags: [],
        range: ByteRange(offset: offset, length: 4096) ?? .empty, at: now, effects: &effects)
      while let effect = effects.next() {
        if case .issue(let token, _, _, _) = effect { tokens[slot] = token }
      }
      _ = machine.nextDeadline
    }
    let took = cpuNanoseconds() - start
    return (took / UInt64(requests), mp_allocations() - allocations)
  }

  private static func cpuNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
