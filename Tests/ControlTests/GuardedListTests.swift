import Control
import Testing

/// What a daemon tells its guardian.
@Suite("Lists of guarded devices")
struct GuardedListTests {
  private let devices = [
    GuardedDevice(identifier: "mpath:data:1f", deadConnSeconds: 300),
    GuardedDevice(identifier: "mpath:a.b-c_d:ffffffffffffffff", deadConnSeconds: 2_592_000),
  ]

  @Test("a list arrives as it was told, however it is cut")
  func roundTrip() {
    let text = Array(GuardedList.text(devices).utf8)
    for cut in 0...text.count {
      var list = GuardedList()
      list.take(text[..<cut])
      #expect(list.devices == (cut == text.count ? devices : nil), "cut at \(cut)")
      list.take(text[cut...])
      #expect(list.devices == devices, "cut at \(cut)")
    }
  }

  @Test("the last complete list counts")
  func last() {
    var list = GuardedList()
    list.take(Array(GuardedList.text(devices).utf8))
    // Killed in the middle of its words, a daemon had guarded what it had told before.
    list.take(Array("5 mpath:new:1\n7 mpath:ne".utf8))
    #expect(list.devices == devices)
    list.take(Array("w:2\n\n".utf8))
    #expect(list.devices?.map { $0.identifier } == ["mpath:new:1", "mpath:new:2"])
    list.take(Array(GuardedList.text([]).utf8))
    #expect(list.devices == [])
  }

  @Test("lines that are none are passed over")
  func nonsense() {
    var list = GuardedList()
    let long = String(repeating: "x", count: 10_000)
    list.take(Array("x mpath:a:1\n-1 mpath:a:1\n5\n5 a b\n9 \(long)\n3 mpath:a:1\n\n".utf8))
    #expect(list.devices == [GuardedDevice(identifier: "mpath:a:1", deadConnSeconds: 3)])
  }
}
