internal import Multipath

/// What is left out of a scenario, so that what remains shows a violation with less around it.
package struct ScenarioCut: Sendable, Equatable {
  package var without = TroubleSet()
  /// The clients that are left, by number; nil leaves all.
  package var clients: [Int]?
  /// Requests until the faults stop; nil leaves what was drawn.
  package var requests: Int?

  package init() {}

  /// The options of `mpsim replay` that cut a scenario alike.
  package var options: String {
    var words: [String] = []
    let left = TroubleSet.words.filter { without.contains($0.0) }.map(\.1)
    if !left.isEmpty { words.append("--without \(left.joined(separator: ","))") }
    if let clients { words.append("--clients \(clients.map(String.init).joined(separator: ","))") }
    if let requests { words.append("--requests \(requests)") }
    return words.joined(separator: " ")
  }
}

extension Scenario {
  /// The scenario with some of it left out. It is another scenario: what is left meets other chances.
  package func cut(by cut: ScenarioCut) -> Scenario {
    var result = self
    result.troubles.subtract(cut.without)
    if result.troubles.isDisjoint(with: .scarceBuffers) {
      result.arenaBytes = BufferArenaSize.bytes
    }
    if result.troubles.isDisjoint(with: .fences) { result.network?.fence.isRequired = false }
    if result.troubles.isDisjoint(with: [.connectionEnds, .fences]) { result.network = nil }
    if let kept = cut.clients {
      result.clients = kept.compactMap { clients.indices.contains($0) ? clients[$0] : nil }
      if result.clients.isEmpty { result.clients = [clients[0]] }
    }
    if let requests = cut.requests { result.requestCount = max(1, requests) }
    return result
  }
}

/// Looks for the smallest cut of a scenario that still breaks a promise, by leaving out one thing after
/// the other for as long as something can be spared.
package struct Minimiser {
  package let scenario: Scenario
  package private(set) var cut = ScenarioCut()
  /// Scenarios that were played.
  package private(set) var tries = 0

  package init(_ scenario: Scenario) { self.scenario = scenario }

  /// False when the whole scenario keeps every promise.
  package mutating func run(defect: Defect = .none) -> Bool {
    guard breaks(cut, defect) else { return false }
    var isSmaller = true
    while isSmaller {
      isSmaller = dropTroubles(defect)
      if dropClients(defect) { isSmaller = true }
      if dropRequests(defect) { isSmaller = true }
    }
    return true
  }

  private mutating func breaks(_ cut: ScenarioCut, _ defect: Defect) -> Bool {
    tries += 1
    return scenario.cut(by: cut).run(defect: defect).violation != nil
  }

  private mutating func take(_ smaller: ScenarioCut, _ defect: Defect) -> Bool {
    guard smaller != cut, breaks(smaller, defect) else { return false }
    cut = smaller
    return true
  }

  private mutating func dropTroubles(_ defect: Defect) -> Bool {
    var isSmaller = false
    for (trouble, _) in TroubleSet.words
    where scenario.troubles.contains(trouble) && !cut.without.contains(trouble) {
      var smaller = cut
      smaller.without.insert(trouble)
      if take(smaller, defect) { isSmaller = true }
    }
    return isSmaller
  }

  private mutating func dropClients(_ defect: Defect) -> Bool {
    var isSmaller = false
    for client in scenario.clients.indices {
      let kept = cut.clients ?? Array(scenario.clients.indices)
      guard kept.count > 1, kept.contains(client) else { continue }
      var smaller = cut
      smaller.clients = kept.filter { $0 != client }
      if take(smaller, defect) { isSmaller = true }
    }
    return isSmaller
  }

  /// Halves the requests, then takes an eighth, then one at a time.
  private mutating func dropRequests(_ defect: Defect) -> Bool {
    var isSmaller = false
    for share in [2, 8, 32, 128] {
      while true {
        let count = cut.requests ?? scenario.requestCount
        var smaller = cut
        smaller.requests = count - max(1, count / share)
        guard count > 1, take(smaller, defect) else { break }
        isSmaller = true
      }
    }
    return isSmaller
  }
}
