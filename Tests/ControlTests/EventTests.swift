import Control
import Testing

@Suite("Events and explanations")
struct EventTests {
  private func event(_ kind: EventKind, _ fill: (inout EventRecord) -> Void = { _ in })
    -> EventRecord
  {
    var record = EventRecord(sequence: 7, time: Samples.since, kind: kind, device: "data")
    fill(&record)
    return record
  }

  private func line(_ kind: EventKind, _ fill: (inout EventRecord) -> Void = { _ in }) -> String {
    EventText.line(event(kind, fill), Samples.context)
  }

  @Test("an event is one line with what is known of it")
  func lines() {
    let when = "2026-02-03T04:05:06.789Z data "
    #expect(line(.deviceCreated) == when + "device-created\n")
    #expect(line(.deviceState) { $0.state = .degraded } == when + "device-state: DEGRADED\n")
    #expect(
      line(.pathFailed) {
        $0.path = "loop1"
        $0.cause = "EIO on write at 4096"
        $0.durationMicroseconds = 1005
      } == when + "loop1 path-failed: EIO on write at 4096, after 1.0 ms\n")
    #expect(
      line(.pathStalled) {
        $0.path = "loop1"
        $0.durationMicroseconds = 60_500
        $0.reissued = 3
        $0.waiting = 1
      } == when + "loop1 path-stalled: after 60 ms, 3 attempts sent elsewhere, 1 cannot be\n")
    #expect(
      line(.failover) {
        $0.from = "loop1"
        $0.to = "loop2"
        $0.durationMicroseconds = 85
      } == when + "failover: loop1 to loop2, after 85 us\n")
    #expect(line(.activeChanged) { $0.from = "a" } == when + "active-changed: a to none\n")
    #expect(
      line(.queueEnded) { $0.durationMicroseconds = 12_000_000 }
        == when + "queue-ended: after 12 s\n")
    #expect(EventText.missed(1) == "(1 event is missing here: the reader was too slow)\n")
  }

  @Test("what an event names cannot write on the operator's screen")
  func escapes() {
    let text = line(.pathHeld) {
      $0.path = "x\u{1b}[2J\n"
      $0.cause = "\u{7}"
    }
    #expect(text.unicodeScalars.filter { $0.value < 32 }.count == 1)
  }

  @Test("a line of the stream is an event or a number of missing ones")
  func stream() throws {
    let line = StreamLine(event: event(.failover) { $0.to = "loop2" })
    let golden =
      #"{"event":{"device":"data","kind":"failover","sequence":7,"time":1770091506789,"#
      + #""to":"loop2"}}"# + "\n"
    #expect(text(try line.encoded()) == golden)
    #expect(try StreamLine.decode(bytes(golden)) == line)
    #expect(text(try StreamLine(missed: 3).encoded()) == "{\"missed\":3}\n")
  }

  @Test("a newer daemon's event is not lost on an older reader")
  func newerKind() throws {
    let line = #"{"event":{"device":"d","kind":"brand-new","sequence":1,"time":2,"x":[]}}"#
    #expect(try StreamLine.decode(bytes(line)).event?.kind == .other)
  }

  @Test("the kinds are the words of the protocol")
  func kinds() {
    #expect(
      EventKind.allCases.map { $0.rawValue } == [
        "device-created", "device-destroyed", "device-state", "settings-changed", "path-added",
        "path-removed", "path-failed", "path-lost", "path-foreign", "path-held", "path-stalled",
        "path-resolved", "path-restored", "failover", "active-changed", "queue-began",
        "queue-ended", "hold-began", "hold-ended", "device-resized", "medium-shrunk",
        "medium-regrown", "medium-error",
        "client-dropped", "fence-began", "fence-failed",
        "fence-succeeded", "fence-not-needed", "flush-failed", "other",
      ])
  }

  @Test("an explanation is the thresholds, then each decision with its reason and its alternatives")
  func explain() {
    #expect(
      ExplainText.render(Samples.explanation, Samples.context) == """
        data: the thresholds now
          Path   State   Patience   p99.9  Average  Busy  Late  Priority  Weight
          loop1  FAIL       50 ms  2.0 ms   202 us     3     2         0       1
          loop2  ACTIVE     50 ms       -        -     0     0        10       5
          settings: hedge=0 mode=active-passive

        2026-02-03T04:05:06.789Z loop1: stalled, 2 of its attempts sent elsewhere, 1
          cannot be
          why: it answered nothing while a sibling did, for 60 ms with 3 attempts
            waiting; its patience was 50 ms, its p99.9 2.0 ms
          instead: loop2 PASSIVE, 1 outstanding, average 170 us, priority 10
                   a path removed since HELD, 0 outstanding, average no history, priority 0
          active path afterwards: loop2
        2026-02-03T04:05:06.789Z loop2: 4 slow requests within a second, the slowest
          read at 512
          why: it took 30 ms, and the path's p99.9 was 2.0 ms, with 1 attempt waiting
          instead: there was no other path
        2026-02-03T04:05:06.789Z a path removed since: out of service, EIO on read at 0
          why: the error came after 100 us, with 0 more waiting for the path
          instead: there was no other path
          active path afterwards: none

        """)
  }

  @Test("without decisions it says so")
  func nothing() {
    let empty = Explanation(name: "d", settings: [:], paths: [], decisions: [])
    #expect(
      ExplainText.render(empty, Samples.context)
        .hasSuffix("\nNo path was left and no request was slow.\n"))
  }

  @Test("getactive prints what gmultipath prints")
  func getactive() {
    func active(_ states: PathStatus.State...) -> String {
      let paths = states.enumerated().map { Samples.path($0.offset + 1, $0.element) }
      return ActivePathsText.render(Samples.device(.optimal, paths))
    }
    #expect(active(.active, .passive) == "loop1\n")
    #expect(active(.active, .active, .fail) == "loop2 loop1\n")
    #expect(active(.fail, .held) == "none\n")
  }
}
