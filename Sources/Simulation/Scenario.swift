package import BlockIO
package import Multipath

/// The kinds of trouble a scenario may make; each one enables a random part of them.
package struct TroubleSet: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A path answers EIO for a while; what it answers so may have reached the medium.
  package static let errors = TroubleSet(rawValue: 1 << 0)
  /// A path answers ENODEV for a while and then works again.
  package static let lost = TroubleSet(rawValue: 1 << 1)
  package static let slow = TroubleSet(rawValue: 1 << 2)
  /// A path answers nothing for a while, and then everything.
  package static let hang = TroubleSet(rawValue: 1 << 3)
  /// A part of the medium answers EIO through every path.
  package static let badRange = TroubleSet(rawValue: 1 << 4)
  /// The target refuses some requests with a verdict of its own (ENOSPC, EILSEQ).
  package static let verdicts = TroubleSet(rawValue: 1 << 5)
  /// A cache loses power, and its paths are dead until they are opened anew.
  package static let powerLoss = TroubleSet(rawValue: 1 << 6)
  /// A path opened anew shows another medium.
  package static let wrongMedium = TroubleSet(rawValue: 1 << 7)
  /// Sessions end in the middle of what they do.
  package static let sessionEnds = TroubleSet(rawValue: 1 << 8)
  /// The operator holds and restores paths.
  package static let holds = TroubleSet(rawValue: 1 << 9)
  /// The operator adds and removes paths.
  package static let membership = TroubleSet(rawValue: 1 << 10)
  /// The operator fails what is queued.
  package static let failQueued = TroubleSet(rawValue: 1 << 11)
  /// The buffer arena is nearly full.
  package static let scarceBuffers = TroubleSet(rawValue: 1 << 12)
  /// Clients flush a lot.
  package static let flushStorm = TroubleSet(rawValue: 1 << 13)

  /// All paths answer nothing for a while, then everything.
  package static let targetHang = TroubleSet(rawValue: 1 << 14)
  /// The path that carries everything hangs while the others are out of service, and healthy.
  package static let loneHang = TroubleSet(rawValue: 1 << 15)
  /// The operator changes whatever can be changed while the device is in use.
  package static let tuning = TroubleSet(rawValue: 1 << 16)
  /// The reactor is busy elsewhere for a while: answers and deadlines come late, and together.
  package static let busyReactor = TroubleSet(rawValue: 1 << 17)

  /// The connection of a network path ends; its server may still carry out what it was sent.
  package static let connectionEnds = TroubleSet(rawValue: 1 << 18)
  /// A fence is required before changes leave a path.
  package static let fences = TroubleSet(rawValue: 1 << 19)

  package static let words: [(TroubleSet, String)] = [
    (.errors, "errors"), (.lost, "lost"), (.slow, "slow"), (.hang, "hang"),
    (.badRange, "bad-range"), (.verdicts, "verdicts"), (.powerLoss, "power-loss"),
    (.wrongMedium, "wrong-medium"), (.sessionEnds, "session-ends"), (.holds, "holds"),
    (.membership, "membership"), (.failQueued, "fail-queued"),
    (.scarceBuffers, "scarce-buffers"), (.flushStorm, "flush-storm"),
    (.targetHang, "target-hang"), (.loneHang, "lone-hang"), (.tuning, "tuning"),
    (.busyReactor, "busy-reactor"), (.connectionEnds, "connection-ends"), (.fences, "fences"),
  ]

  /// What each scenario draws first; the rest comes with network paths, and is drawn last, so that a seed
  /// without them means what it has always meant.
  static let localCount = 18
}

/// How one client behaves.
package struct ClientPlan: Sendable {
  /// Requests it keeps going at once.
  package var depth: Int
  /// Its longest pause after a reply.
  package var pauseMicroseconds: Int
  /// How long a reply may stay with it before its place is free again.
  package var replyMicroseconds: Int
}

/// Everything that happens in one simulation follows from one of these, and it follows from a seed.
package struct Scenario: Sendable {
  package let seed: UInt64
  package var mode: Mode
  package var cacheDomain: CacheDomain
  package var pathCount: Int
  package var sectorCount: Int
  package var blockBytes: UInt32
  package var requestsMax: Int
  package var attemptsPerPathMax: Int
  package var noPathTimeout: Interval
  package var noPathBytesMax: UInt64 = 32 << 20
  package var probe: ProbeSchedule
  package var tuning: Tuning
  /// Nil: all paths are local.
  package var network: NetworkPlan?
  package var troubles: TroubleSet
  package var clients: [ClientPlan]
  /// Requests that are begun before the faults stop.
  package var requestCount: Int
  /// The longest an undisturbed attempt takes.
  package var serviceMicroseconds: Int
  /// Mean time between two faults, and between two acts of the operator.
  package var faultEvery: Interval
  package var operatorEvery: Interval
  /// Bytes of the arena left to clients and probes when `scarceBuffers` is set.
  package var arenaBytes: Int

  /// The longest a fault lasts; only a hang lasts longer than 300 ms.
  package static let faultLongest = Interval.milliseconds(1_000)

  package init(seed: UInt64) {
    var random = RandomSource(seed: seed)
    self.seed = seed
    mode = random.pick(Mode.allCases)
    cacheDomain = random.pick([.shared, .private])
    pathCount = random.within(2...6)
    sectorCount = random.pick([64, 512, 2048])
    blockBytes = random.pick([512, 512, 4096])
    requestsMax = random.pick([4, 16, 64, 128])
    attemptsPerPathMax = random.pick([1, 2, 8, 64, 128])
    noPathTimeout = random.pick([
      .zero, .milliseconds(20), .milliseconds(200), .seconds(2), .seconds(60),
    ])
    let first = random.within(1...20)
    probe = ProbeSchedule(
      first: .milliseconds(UInt64(first)),
      longest: .milliseconds(UInt64(first * random.within(1...12))),
      goodNeeded: random.within(1...3))
    troubles = []
    for (trouble, _) in TroubleSet.words.prefix(TroubleSet.localCount)
    where random.chance(percent: 45) {
      troubles.insert(trouble)
    }
    // One scenario in eight has nothing but hangs, so that what they do is not lost in the noise.
    if random.chance(percent: 12) {
      troubles.formIntersection([.hang, .targetHang, .loneHang, .slow])
      troubles.insert(.hang)
    }
    clients = (0..<random.within(1...5)).map { _ in
      ClientPlan(
        depth: random.pick([1, 2, 8, 32]),
        pauseMicroseconds: random.pick([10, 200, 2_000]),
        replyMicroseconds: random.pick([1, 50, 1_000, 20_000]))
    }
    requestCount = random.within(2_000...2_400)
    serviceMicroseconds = random.pick([100, 500, 2_000])
    faultEvery = .milliseconds(UInt64(random.pick([2, 10, 40])))
    operatorEvery = .milliseconds(UInt64(random.pick([3, 15, 60])))
    arenaBytes = random.pick([32 << 10, 64 << 10, 256 << 10])
    if !troubles.contains(.scarceBuffers) { arenaBytes = BufferArenaSize.bytes }
    tuning = Tuning(pathCount: pathCount, random: &random)
    probe.idle = .milliseconds(UInt64(random.pick([20, 100, 500])))
    probe.unused = .milliseconds(UInt64(random.pick([100, 1_000])))
    probe.flapWindow = .milliseconds(UInt64(random.pick([20, 100, 500])))
    probe.flapFirst = .milliseconds(UInt64(random.within(5...40)))
    probe.flapLongest = .milliseconds(UInt64(random.pick([50, 200, 400])))
    noPathBytesMax = random.pick([32 << 20, 32 << 20, 32 << 20, 16 << 10])
    if random.chance(percent: 40) { addNetwork(&random) }
  }

  private mutating func addNetwork(_ random: inout RandomSource) {
    troubles.insert(.connectionEnds)
    if random.chance(percent: 45) { troubles.insert(.fences) }
    network = NetworkPlan(
      pathCount: pathCount, isFenced: troubles.contains(.fences), random: &random)
  }

  /// The scenario as it was drawn before there were network paths.
  package var withoutNetwork: Scenario {
    var cut = ScenarioCut()
    cut.without = [.connectionEnds, .fences]
    return self.cut(by: cut)
  }

  package var geometry: Geometry {
    guard
      let geometry = Geometry(
        sizeBytes: UInt64(sectorCount) * ModelMedium.sectorBytes, blockBytes: blockBytes)
    else { preconditionFailure("a scenario drew an impossible geometry") }
    return geometry
  }

  /// How long everything may take once the faults have stopped: what hangs has to come back, dead paths
  /// have to be opened anew, probed and trusted, and the backlog has to be worked off.
  package var livenessBound: Interval {
    let probing =
      probe.longest.nanoseconds * 4 + probe.first.nanoseconds * 4
      + probe.flapLongest.nanoseconds * 3
    let local = Interval(nanoseconds: Self.faultLongest.nanoseconds * 4 + probing) + .seconds(2)
    guard let network else { return local }
    let fencing =
      (network.fence.retryLongest.nanoseconds + UInt64(network.fenceMilliseconds) * 1_000_000) * 4
    return local + network.quietTime + Interval(nanoseconds: fencing)
  }
}

/// The size of the arena a simulation runs with.
enum BufferArenaSize {
  static let bytes = 32 << 20
}

extension Interval {
  static func + (left: Interval, right: Interval) -> Interval {
    Interval(nanoseconds: left.nanoseconds + right.nanoseconds)
  }
}

extension Scenario: CustomStringConvertible {
  package var description: String {
    let words = TroubleSet.words.filter { troubles.contains($0.0) }.map(\.1)
    let plans = clients.map {
      "    depth \($0.depth), pause \($0.pauseMicroseconds) us, reply \($0.replyMicroseconds) us"
    }
    let cap = attemptsPerPathMax
    return """
      scenario \(seed)
        \(mode.word), \(cacheDomain) cache, \(pathCount) paths
        medium    \(sectorCount) sectors, blocks of \(blockBytes) bytes
        limits    \(requestsMax) requests, \(cap) attempts per path, \(arenaBytes) buffer bytes
        waiting   no-path timeout \(noPathTimeout.milliseconds) ms, at most \(noPathBytesMax) bytes
        probes    \(probe.first.milliseconds) ms to \(probe.longest.milliseconds) ms, \
      \(probe.goodNeeded) good ones, idle ones every \(probe.idle.milliseconds) ms
        flapping  within \(probe.flapWindow.milliseconds) ms, out for \(probe.flapFirst.milliseconds) ms \
      to \(probe.flapLongest.milliseconds) ms
      \(tuning)
        load      \(requestCount) requests, service up to \(serviceMicroseconds) us
        network   \(network.map(\.description) ?? "none")
        troubles  \(words.isEmpty ? "none" : words.joined(separator: ", "))
        pace      a fault every \(faultEvery.milliseconds) ms, \
      the operator every \(operatorEvery.milliseconds) ms
        clients
      \(plans.joined(separator: "\n"))
      """
  }
}
