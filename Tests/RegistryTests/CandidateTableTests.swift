import Registry
import Testing

@Suite("The table of candidates")
struct CandidateTableTests {
  private func candidate(_ path: String, kernelName: String? = nil, uuid: String? = nil)
    -> Candidate
  {
    var candidate = Candidate(path: path)
    candidate.identity = kernelName.map { Candidate.Identity(kernelName: $0, number: "8:0") }
    candidate.uuid = uuid
    candidate.state = uuid == nil ? .unlabelled : .labelled
    return candidate
  }

  @Test("a candidate is found by its path, its kernel name and its label")
  func indexes() {
    var table = CandidateTable()
    table.set(candidate("/dev/sdb", kernelName: "sdb", uuid: "u"))
    table.set(candidate("/dev/sdaa", kernelName: "sdaa", uuid: "u"))
    #expect(table.path(ofKernelName: "sdb") == "/dev/sdb")
    #expect(table.paths(ofUUID: "u") == ["/dev/sdb", "/dev/sdaa"])
    table.set(candidate("/dev/sdb", kernelName: "sdb"))
    #expect(table.paths(ofUUID: "u") == ["/dev/sdaa"])
    let removed = table.remove("/dev/sdaa")
    #expect(removed?.uuid == "u")
    #expect(table.paths(ofUUID: "u").isEmpty && table.path(ofKernelName: "sdaa") == nil)
    let left = table.candidates().map { $0.path }
    #expect(left == ["/dev/sdb"])
  }

  @Test("a row that is there is not entered anew")
  func entering() {
    var table = CandidateTable()
    let isNew = table.enter("/a")
    #expect(isNew)
    table.set(candidate("/a", uuid: "u"))
    let isNewAgain = table.enter("/a")
    #expect(!isNewAgain)
    #expect(table["/a"]?.uuid == "u")
  }

  @Test("a thousand random changes leave every index right", arguments: 0..<20 as Range<UInt64>)
  func changes(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var table = CandidateTable()
    var model: [String: Candidate] = [:]
    for _ in 0..<1000 {
      let path = "/dev/x\(UInt8.random(in: 0..<40, using: &random))"
      switch UInt8.random(in: 0..<5, using: &random) {
      case 0:
        let (removed, expected) = (table.remove(path), model.removeValue(forKey: path))
        #expect(removed == expected)
      case 1:
        if model[path] == nil { model[path] = Candidate(path: path) }
        table.enter(path)
      case _:
        let uuid = UInt8.random(in: 0..<8, using: &random)
        let row = candidate(
          path, kernelName: String(path.dropFirst(5)), uuid: uuid == 0 ? nil : "u\(uuid)")
        model[path] = row
        table.set(row)
      }
      if UInt8.random(in: 0..<10, using: &random) == 0 { _ = table.candidates() }
      #expect(table.isConsistent)
    }
    #expect(table.count == model.count)
    let rows = Set(table.candidates())
    #expect(rows == Set(model.values))
  }

  /// A generator with a seed.
  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }
}
