import Control
import Testing

@Suite("Cache domains")
struct CacheTests {
  private func server(_ address: String, _ promises: Bool = true) -> CacheWitness {
    .server(address: address, promisesMultiConnection: promises)
  }

  @Test("what paths share is derived from what they are")
  func derived() {
    func reason(_ witnesses: CacheWitness...) -> CacheFacts? { .derived(from: witnesses) }
    #expect(reason(.local, .local) == CacheFacts(domain: .shared, reason: .local))
    #expect(reason(server("a")) == CacheFacts(domain: .shared, reason: .onePath))
    #expect(reason(server("a"), server("a")) == CacheFacts(domain: .shared, reason: .oneServer))
    #expect(
      reason(server("a"), server("a", false)) == CacheFacts(domain: .private, reason: .noPromise))
    #expect(
      reason(server("a"), server("b")) == CacheFacts(domain: .private, reason: .severalServers))
    #expect(reason(.local, server("a")) == CacheFacts(domain: .private, reason: .mixed))
    #expect(reason(server("a"), .unknown) == nil)
  }

  @Test("an operator's word counts; without one, what was known stays while a server is away")
  func judged() {
    let known = CacheFacts(domain: .shared, reason: .oneServer)
    let away: [CacheWitness] = [server("a"), .unknown]
    #expect(CacheFacts.judged(.auto, away, known: known) == known)
    #expect(CacheFacts.judged(.auto, away, known: nil).domain == .private)
    let said = CacheFacts.judged(.shared, [server("a"), server("b")], known: nil)
    #expect(said == CacheFacts(domain: .shared, reason: .operator))
    // What an operator took back is not knowledge.
    #expect(CacheFacts.judged(.auto, away, known: said).domain == .private)
  }

  @Test("private caches and active/active do not go together")
  func refused() {
    let facts = CacheFacts(domain: .private, reason: .severalServers)
    let error = refusal { () throws(ControlError) in try facts.check(mode: .activeActive) }
    #expect(error?.message.contains("several servers") == true)
    #expect(error?.hint?.contains("cache=shared") == true)
    for mode in [DeviceMode.activePassive, .activeRead] {
      #expect(refusal { () throws(ControlError) in try facts.check(mode: mode) } == nil)
    }
    var settings = DeviceSettings()
    settings.cache = .private
    settings.mode = .activeActive
    #expect(refusal { () throws(ControlError) in try settings.check() } != nil)
  }

  @Test(
    "a fence command is one line that begins with a program's absolute name",
    arguments: [("/sbin/fence --now", true), ("fence", false), ("/a\nb", false), ("", false)])
  func fence(text: String, isUsable: Bool) {
    #expect(FenceCommand.isUsable(text) == isUsable)
    #expect(!FenceCommand.isUsable("/" + String(repeating: "x", count: FenceCommand.bytesMax)))
  }
}
