import Control
import Testing

/// The exact bytes of the methods that steer a running device.
@Suite("The wire of settings, events and explanations")
struct SteeringWireTests {
  private func expect<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, _ golden: String, _ result: M.Result, _ answer: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let request = #"{"id":7,"method":"\#(M.name)","params":"# + golden + #","version":1}"#
    let reply = #"{"id":7,"result":"# + answer + "}"
    #expect(
      text(try Wire.request(method, id: 7, params: params)) == request + "\n",
      sourceLocation: sourceLocation)
    #expect(
      try Wire.params(of: method, in: bytes(request)) == params, sourceLocation: sourceLocation)
    #expect(
      text(Wire.reply(method, id: 7, result: result)) == reply + "\n",
      sourceLocation: sourceLocation)
    #expect(
      try Wire.reply(to: method, in: bytes(reply)).outcome == .success(result),
      sourceLocation: sourceLocation)
  }

  @Test("set carries its keys, and create may")
  func set() throws {
    try expect(
      SetMethod.self,
      SetMethod.Params(name: "data", settings: ["hedge": "5", "priority.loop1": "3"]),
      #"{"name":"data","settings":{"hedge":"5","priority.loop1":"3"}}"#, Change(), "{}")
    try expect(
      CreateMethod.self,
      CreateMethod.Params(name: "d", paths: ["/x"], settings: ["hedge": "5"]),
      #"{"mode":"active-passive","name":"d","options":{"allowDuplicate":false,"io":"direct","#
        + #""noPathTimeoutSeconds":60},"paths":["/x"],"settings":{"hedge":"5"}}"#,
      CreateMethod.Result(name: "d", uri: "u", socket: "/s"),
      #"{"name":"d","socket":"/s","uri":"u"}"#)
  }

  @Test("the verbs on the active path and the queue")
  func verbs() throws {
    try expect(
      PreferMethod.self, PreferMethod.Params(name: "data", path: "loop1", sticky: true),
      #"{"name":"data","path":"loop1","sticky":true}"#, Change(), "{}")
    try expect(
      RotateMethod.self, OneDevice(name: "data"), #"{"name":"data"}"#,
      Change(warning: "w"), #"{"warning":"w"}"#)
    try expect(
      FailQueuedMethod.self, OneDevice(name: "data"), #"{"name":"data"}"#,
      FailQueuedMethod.Result(failed: 3), #"{"failed":3}"#)
    let line = bytes(#"{"id":1,"method":"prefer","params":{"name":"d","path":"p"},"version":1}"#)
    #expect(try Wire.params(of: PreferMethod.self, in: line).sticky == nil)
  }

  @Test("events and subscribe ask alike")
  func events() throws {
    var event = EventRecord(sequence: 1, time: 2, kind: .pathFailed, device: "data")
    event.path = "loop1"
    event.cause = "EIO on write at 4096"
    event.errno = 5
    event.durationMicroseconds = 60
    try expect(
      EventsMethod.self, EventsMethod.Params(name: "data", last: 3), #"{"last":3,"name":"data"}"#,
      EventsMethod.Result(events: [event]),
      #"{"events":[{"cause":"EIO on write at 4096","device":"data","durationMicroseconds":60,"#
        + #""errno":5,"kind":"path-failed","path":"loop1","sequence":1,"time":2}]}"#)
    try expect(SubscribeMethod.self, EventsMethod.Params(), "{}", Change(), "{}")
  }

  @Test("explain answers settings, thresholds and decisions")
  func explain() throws {
    let decision = DecisionFacts(
      time: 1, kind: .stall, path: "a", cause: "c", waitedMicroseconds: 2, patienceMicroseconds: 3,
      usualMicroseconds: 4, live: 5, reissued: 6, waiting: 7, active: "b",
      alternatives: [
        DecisionFacts.Alternative(
          path: "b", state: .passive, outstanding: 8, averageMicroseconds: 9, priority: 10)
      ])
    try expect(
      ExplainMethod.self, ExplainMethod.Params(name: "d", last: 1), #"{"last":1,"name":"d"}"#,
      Explanation(
        name: "d", settings: ["hedge": "0"],
        paths: [PathThresholds(name: "a", state: .fail, patienceMicroseconds: 3)],
        decisions: [decision]),
      #"{"decisions":[{"active":"b","alternatives":[{"averageMicroseconds":9,"outstanding":8,"#
        + #""path":"b","priority":10,"state":"PASSIVE"}],"cause":"c","count":1,"kind":"stall","#
        + #""live":5,"path":"a","patienceMicroseconds":3,"reissued":6,"time":1,"#
        + #""usualMicroseconds":4,"waitedMicroseconds":2,"waiting":7}],"name":"d","#
        + #""paths":[{"name":"a","outstanding":0,"outstandingBytes":0,"patienceMicroseconds":3,"#
        + #""priority":0,"state":"FAIL","unresolved":0,"weight":1}],"settings":{"hedge":"0"}}"#)
  }
}
