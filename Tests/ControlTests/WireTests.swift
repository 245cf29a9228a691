import Control
import Testing

/// The exact bytes of the protocol: other programs are written against them.
@Suite("The wire")
struct WireTests {
  private func expectRequest<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, _ golden: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let line = try Wire.request(method, id: 7, params: params)
    #expect(text(line) == golden + "\n", sourceLocation: sourceLocation)
    let body = bytes(golden)
    let header = try Wire.header(of: body)
    #expect(header == RequestHeader(id: 7, method: M.name), sourceLocation: sourceLocation)
    #expect(try Methods.method(for: header) == method, sourceLocation: sourceLocation)
    #expect(try Wire.params(of: method, in: body) == params, sourceLocation: sourceLocation)
  }

  private func expectReply<M: ControlMethod>(
    _ method: M.Type, _ result: M.Result, _ golden: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let line = Wire.reply(method, id: 7, result: result)
    #expect(text(line) == golden + "\n", sourceLocation: sourceLocation)
    let reply = try Wire.reply(to: method, in: bytes(golden))
    #expect(reply.id == 7, sourceLocation: sourceLocation)
    #expect(reply.outcome == .success(result), sourceLocation: sourceLocation)
  }

  @Test("create carries mode, options and absolute paths, and answers where the export is")
  func create() throws {
    try expectRequest(
      CreateMethod.self,
      CreateMethod.Params(
        name: "data", mode: .activeRead, paths: ["/dev/loop1", "/tmp/a b"],
        options: DeviceOptions(noPathTimeoutSeconds: 0, io: .buffered, allowDuplicate: true)),
      #"{"id":7,"method":"create","params":{"mode":"active-read","name":"data","options":"#
        + #"{"allowDuplicate":true,"io":"buffered","noPathTimeoutSeconds":0},"#
        + #""paths":["/dev/loop1","/tmp/a b"]},"version":1}"#)
    try expectReply(
      CreateMethod.self,
      CreateMethod.Result(
        name: "data", uri: "nbd+unix:///data?socket=/run/mpathd/data.sock",
        socket: "/run/mpathd/data.sock"),
      #"{"id":7,"result":{"name":"data","socket":"/run/mpathd/data.sock","#
        + #""uri":"nbd+unix:///data?socket=/run/mpathd/data.sock"}}"#)
  }

  @Test("create without options means the defaults of the command line")
  func createDefaults() throws {
    let line = #"{"id":1,"method":"create","params":{"name":"d","paths":["/x"]},"version":1}"#
    let params = try Wire.params(of: CreateMethod.self, in: bytes(line))
    #expect(params.mode == .activePassive)
    #expect(params.options == DeviceOptions())
    #expect(params.options.noPathTimeoutSeconds == 60)
    #expect(params.options.io == .direct)
    #expect(!params.options.allowDuplicate)
  }

  @Test("the verbs on one path carry the device and the path, and answer a warning at most")
  func pathVerbs() throws {
    let selection = PathSelection(name: "data", path: "loop1")
    func golden(_ method: String) -> String {
      #"{"id":7,"method":"\#(method)","params":{"name":"data","path":"loop1"},"version":1}"#
    }
    try expectRequest(
      AddMethod.self, AddMethod.Params(name: "data", path: "/dev/loop3"),
      #"{"id":7,"method":"add","params":{"name":"data","path":"/dev/loop3"},"version":1}"#)
    try expectRequest(
      RemoveMethod.self, RemoveMethod.Params(name: "data", path: "loop1"), golden("remove"))
    try expectRequest(
      FailMethod.self, FailMethod.Params(name: "data", path: "loop1"), golden("fail"))
    try expectRequest(
      RemoveMethod.self, RemoveMethod.Params(name: "data", path: "loop1", force: true),
      #"{"id":7,"method":"remove","params":{"force":true,"name":"data","path":"loop1"},"version":1}"#
    )
    try expectRequest(
      FailMethod.self, FailMethod.Params(name: "data", path: "loop1", soft: true),
      #"{"id":7,"method":"fail","params":{"name":"data","path":"loop1","soft":true},"version":1}"#)
    try expectRequest(RestoreMethod.self, selection, golden("restore"))
    let nothing = #"{"id":7,"result":{}}"#
    try expectReply(AddMethod.self, Change(), nothing)
    try expectReply(RemoveMethod.self, Change(), nothing)
    try expectReply(RestoreMethod.self, Change(), nothing)
    try expectReply(
      FailMethod.self, Change(warning: "no path is left"),
      #"{"id":7,"result":{"warning":"no path is left"}}"#)
  }

  @Test("destroy and stop name their device, and say when clients are to be disconnected")
  func destroy() throws {
    try expectRequest(
      DestroyMethod.self, DeviceEnding(name: "data"),
      #"{"id":7,"method":"destroy","params":{"name":"data"},"version":1}"#)
    try expectRequest(
      StopMethod.self, DeviceEnding(name: "data", force: true),
      #"{"id":7,"method":"stop","params":{"force":true,"name":"data"},"version":1}"#)
    try expectReply(DestroyMethod.self, Change(), #"{"id":7,"result":{}}"#)
  }

  @Test("list and status answer the same facts, and leave out what is not known")
  func status() throws {
    try expectRequest(
      ListMethod.self, DeviceSelection(), #"{"id":7,"method":"list","params":{},"version":1}"#)
    try expectRequest(
      ListMethod.self, DeviceSelection(all: true),
      #"{"id":7,"method":"list","params":{"all":true},"version":1}"#)
    try expectRequest(
      StatusMethod.self, DeviceSelection(name: "data"),
      #"{"id":7,"method":"status","params":{"name":"data"},"version":1}"#)
    let report = DeviceReport(devices: [
      Samples.device(.degraded, [Samples.failed, Samples.path(2, .active)])
    ])
    let golden =
      #"{"id":7,"result":{"devices":[{"blockBytes":512,"mode":"active-passive","name":"data","#
      + #""paths":[{"direct":true,"errno":5,"hint":"repair it, then mpctl restore","#
      + #""kind":"block","name":"loop1","outstanding":0,"path":"/dev/loop1","#
      + #""reason":"EIO on write at 4096","since":1770091506789,"sizeBytes":1073741824,"#
      + #""state":"FAIL"},{"direct":true,"kind":"block","name":"loop2","outstanding":0,"#
      + #""path":"/dev/loop2","since":1770091506789,"sizeBytes":1073741824,"#
      + #""state":"ACTIVE"}],"queuedRequests":0,"sessions":1,"sizeBytes":1073741824,"#
      + #""socket":"/run/mpathd/data.sock","state":"DEGRADED","type":"MANUAL","#
      + #""uri":"nbd+unix:///data?socket=/run/mpathd/data.sock"}]}}"#
    try expectReply(ListMethod.self, report, golden)
    try expectReply(StatusMethod.self, report, golden)
  }

  @Test("stats counts requests per device and attempts per path, up to the largest integer")
  func stats() throws {
    try expectRequest(
      StatsMethod.self, DeviceSelection(name: "data"),
      #"{"id":7,"method":"stats","params":{"name":"data"},"version":1}"#)
    let result = StatsMethod.Result(
      devices: [
        DeviceStats(
          name: "data", reads: .max, writes: 2, flushes: 3, discards: 4, writeZeroes: 5,
          bytesRead: 6, bytesWritten: 7, errors: 8, retries: 9, failovers: 10, sessions: 11,
          queued: 12,
          paths: [
            PathStats(
              name: "loop1", attempts: 1, reads: 2, writes: 3, bytesRead: 4, bytesWritten: 5,
              errors: 6, outstanding: 7, failures: 8, restores: 9)
          ])
      ], requests: 13)
    try expectReply(
      StatsMethod.self, result,
      #"{"id":7,"result":{"devices":[{"bytesRead":6,"bytesWritten":7,"discards":4,"errors":8,"#
        + #""failovers":10,"flushes":3,"name":"data","paths":[{"attempts":1,"bytesRead":4,"#
        + #""bytesWritten":5,"errors":6,"failures":8,"name":"loop1","outstanding":7,"reads":2,"#
        + #""restores":9,"writes":3}],"queued":12,"reads":18446744073709551615,"retries":9,"#
        + #""sessions":11,"writeZeroes":5,"writes":2}],"requests":13}}"#)
    try expectReply(
      StatsMethod.self, StatsMethod.Result(devices: [], requests: 1, allocations: 2),
      #"{"id":7,"result":{"allocations":2,"devices":[],"requests":1}}"#)
  }

  @Test("the facts about late answers are added to status and stats when they are known")
  func lateness() throws {
    let path = PathStatus(
      name: "a", path: "/a", kind: .file, state: .fail, since: 1, sizeBytes: 512, outstanding: 2,
      direct: true, unresolved: 1, stalls: 3, patienceMilliseconds: 50, priority: 10, weight: 5)
    let device = DeviceStatus(
      name: "d", state: .degraded, mode: .activePassive, sizeBytes: 512, blockBytes: 512,
      socket: "/s", uri: "u", sessions: 0, queuedRequests: 1, paths: [path], queuedBytes: 4096,
      ghosts: 2, heldRequests: 3, preferred: "a", settings: ["hedge": "0", "failback": "manual"])
    try expectReply(
      StatusMethod.self, DeviceReport(devices: [device]),
      #"{"id":7,"result":{"devices":[{"blockBytes":512,"ghosts":2,"heldRequests":3,"#
        + #""mode":"active-passive","name":"d","paths":[{"direct":true,"kind":"file","name":"a","#
        + #""outstanding":2,"path":"/a","patienceMilliseconds":50,"priority":10,"since":1,"#
        + #""sizeBytes":512,"stalls":3,"state":"FAIL","unresolved":1,"weight":5}],"#
        + #""preferred":"a","queuedBytes":4096,"queuedRequests":1,"sessions":0,"#
        + #""settings":{"failback":"manual","hedge":"0"},"sizeBytes":512,"socket":"/s","#
        + #""state":"DEGRADED","type":"MANUAL","uri":"u"}]}}"#)
    let times = LatencyQuantiles(p50Microseconds: 1, p99Microseconds: 2, p999Microseconds: 3)
    let stats = DeviceStats(
      name: "d",
      paths: [
        PathStats(name: "a", unresolved: 1, stalls: 2, patienceMilliseconds: 50, readTimes: times)
      ],
      queuedBytes: 1, ghosts: 2, heldRequests: 3, givenUp: 4, held: 5, heldMilliseconds: 6,
      hedges: 7)
    try expectReply(
      StatsMethod.self, StatsMethod.Result(devices: [stats], requests: 0),
      #"{"id":7,"result":{"devices":[{"bytesRead":0,"bytesWritten":0,"discards":0,"errors":0,"#
        + #""failovers":0,"flushes":0,"ghosts":2,"givenUp":4,"hedges":7,"held":5,"#
        + #""heldMilliseconds":6,"heldRequests":3,"name":"d","paths":[{"attempts":0,"bytesRead":0,"#
        + #""bytesWritten":0,"errors":0,"failures":0,"name":"a","outstanding":0,"#
        + #""patienceMilliseconds":50,"readTimes":{"p50Microseconds":1,"p999Microseconds":3,"#
        + #""p99Microseconds":2},"reads":0,"restores":0,"stalls":2,"unresolved":1,"writes":0}],"#
        + #""queued":0,"queuedBytes":1,"reads":0,"retries":0,"sessions":0,"writeZeroes":0,"#
        + #""writes":0}],"requests":0}}"#)
  }

  @Test("version answers version, protocol and pid")
  func version() throws {
    try expectRequest(
      VersionMethod.self, NoParams(), #"{"id":7,"method":"version","params":{},"version":1}"#)
    try expectReply(
      VersionMethod.self, VersionMethod.Result(version: "0.1.0", pid: 42),
      #"{"id":7,"result":{"pid":42,"protocol":1,"version":"0.1.0"}}"#)
  }

  @Test("a refusal carries code, sentence and hint", arguments: ControlErrorCode.allCases)
  func refusals(code: ControlErrorCode) throws {
    let bare = Wire.refusal(id: 3, ControlError(code, "no \"such\"\nthing"))
    #expect(
      text(bare)
        == #"{"error":{"code":"\#(code.rawValue)","message":"no \"such\"\nthing"},"id":3}"# + "\n")
    let error = ControlError(code, "no", hint: "try")
    let line = Wire.refusal(id: 3, error)
    #expect(
      text(line)
        == #"{"error":{"code":"\#(code.rawValue)","hint":"try","message":"no"},"id":3}"# + "\n")
    #expect(try Wire.reply(to: AddMethod.self, in: line).outcome == .failure(error))
  }

  @Test("the codes are the words of the protocol")
  func codes() {
    #expect(
      ControlErrorCode.allCases.map { $0.rawValue } == [
        "bad-request", "unknown-method", "unsupported-version", "not-found", "exists", "refused",
        "busy", "not-permitted", "timeout", "internal",
      ])
  }

  @Test("a code of a newer daemon does not hide its sentence")
  func newerCode() throws {
    let line = bytes(#"{"error":{"code":"brand-new","message":"so it is"},"id":1}"#)
    let reply = try Wire.reply(to: AddMethod.self, in: line)
    #expect(reply.outcome == .failure(ControlError(.internal, "so it is")))
  }

  @Test("fields of a newer program are ignored")
  func newerFields() throws {
    let line = #"{"id":1,"method":"list","params":{"name":"d","new":[1]},"version":1,"more":{}}"#
    #expect(try Wire.params(of: ListMethod.self, in: bytes(line)).name == "d")
    let reply = bytes(#"{"id":1,"new":1,"result":{"devices":[],"newer":null}}"#)
    #expect(try Wire.reply(to: ListMethod.self, in: reply).id == 1)
  }

  @Test("a request without params means an empty object, which only some methods accept")
  func withoutParams() throws {
    let line = bytes(#"{"id":1,"method":"list","version":1}"#)
    #expect(try Wire.params(of: ListMethod.self, in: line) == DeviceSelection())
    let error = refusal { () throws(ControlError) in
      _ = try Wire.params(of: DestroyMethod.self, in: line)
    }
    #expect(error?.message == "the request without params is not valid: the field name is missing")
  }

  @Test("a wrong field is named")
  func wrongFields() {
    func message(_ line: String) -> String? {
      refusal { () throws(ControlError) in
        _ = try Wire.params(of: CreateMethod.self, in: bytes(line))
      }?.message
    }
    let head = #"{"id":1,"method":"create","version":1,"params":"#
    #expect(
      message(head + #"{"name":"d","paths":["/x",5]}}"#)
        == "the request is not valid: the field params.paths.1 is of the wrong type")
    #expect(
      message(head + #"{"name":"d","mode":"sideways","paths":["/x"]}}"#)
        == "the request is not valid: the field params.mode has a value it cannot have")
    #expect(message("{nonsense") == "the request is not valid: it is not JSON")
  }

  @Test("another version is refused before the method is looked at")
  func otherVersion() {
    let error = refusal { () throws(ControlError) in
      _ = try Methods.method(for: RequestHeader(id: 1, method: "no-such", version: 2))
    }
    #expect(error?.code == .unsupportedVersion)
  }

  @Test("an unknown method is refused with the list of the known ones")
  func unknownMethod() {
    let error = refusal { () throws(ControlError) in
      _ = try Methods.method(for: RequestHeader(id: 1, method: "format\u{1b}"))
    }
    #expect(error?.code == .unknownMethod)
    #expect(error?.message == #"there is no method format\u{1b}"#)
    #expect(
      error?.hint
        == "the methods are: create, label, add, remove, fail, restore, set, prefer, rotate, fail-queued, "
        + "resize, stop, destroy, clear, dump, rescan, attach, detach, export, unexport, list, status, stats, paths, events, subscribe, "
        + "explain, trace, upgrade, version")
  }

  @Test("only the methods that look may be called by those who may only look")
  func access() {
    let reading = Methods.all.filter { $0.access == .reading }.map { $0.name }
    #expect(
      reading == ["list", "status", "stats", "paths", "events", "subscribe", "explain", "version"])
  }

  @Test("a request that the daemon would cut off is refused where it is made")
  func requestLimit() {
    let long = String(repeating: "x", count: Wire.requestLineBytesMax)
    let error = refusal { () throws(ControlError) in
      _ = try Wire.request(DestroyMethod.self, id: 1, params: DestroyMethod.Params(name: long))
    }
    #expect(error?.code == .badRequest)
  }

  @Test("a reply that the client would cut off becomes a refusal")
  func replyLimit() throws {
    let long = Change(warning: String(repeating: "x", count: Wire.replyLineBytesMax))
    let line = Wire.reply(AddMethod.self, id: 5, result: long)
    #expect(line.count < 1000)
    let reply = try Wire.reply(to: AddMethod.self, in: line)
    #expect(reply.id == 5)
    guard case .failure(let error) = reply.outcome else {
      Issue.record("the reply was sent")
      return
    }
    #expect(error.code == .internal)
  }

  @Test(
    "a reply has a result or an error, never both or none",
    arguments: [
      #"{"id":1}"#, #"{"id":1,"result":{},"error":{"code":"busy","message":"m"}}"#,
    ])
  func eitherOr(line: String) {
    let error = refusal { () throws(ControlError) in
      _ = try Wire.reply(to: AddMethod.self, in: bytes(line))
    }
    #expect(error?.code == .badRequest)
  }

  @Test("a report made of devices that were written one by one has the same bytes")
  func pieces() throws {
    let one = Samples.device(.degraded, [Samples.failed])
    let other = Samples.device(.optimal, [Samples.path(1, .active), Samples.path(2, .read)])
    for devices in [[], [one], [one, other], [other, one, one]] {
      for stopped in [[], ["a"], ["a", "b"]] {
        let written = WrittenReport(
          devices: try devices.map { try Wire.line($0) }, stopped: stopped)
        let report = DeviceReport(devices: devices, stopped: stopped)
        #expect(
          Wire.reply(id: 7, written) == Wire.reply(StatusMethod.self, id: 7, result: report))
        let line = Array(Wire.reply(id: 7, written).dropLast())
        let document = Wire.document(resultIn: line).map { String(decoding: $0, as: UTF8.self) }
        #expect(document == (try Wire.document(report)))
      }
    }
    let long = WrittenReport(devices: [[UInt8](repeating: 65, count: Wire.replyLineBytesMax)])
    #expect(text(Wire.reply(id: 7, long)).contains("longer than"))
  }
}
