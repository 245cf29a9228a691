internal import FoundationEssentials

/// The control protocol's lines: one JSON object each, keys sorted, ended by one line feed.
///
/// Sorted keys make equal messages equal bytes, which golden tests, logs and diffs rely on.
package enum Wire {
  /// The protocol version that this program speaks.
  package static let version = 1
  /// The longest request, without its line feed.
  package static let requestLineBytesMax = 64 << 10
  /// The longest reply, without its line feed: thousands of devices with their paths.
  package static let replyLineBytesMax = 16 << 20
  /// The `id` of a refusal whose request could not be read far enough to have one.
  package static let unknownID = 0

  /// A request as a line, refused here when the daemon would cut it off as too long.
  package static func request<M: ControlMethod>(
    _ method: M.Type, id: Int, params: M.Params
  ) throws(ControlError) -> [UInt8] {
    let envelope = RequestEnvelope(id: id, method: M.name, params: params, version: version)
    let line = try encode(envelope)
    guard line.count <= requestLineBytesMax else {
      throw ControlError(
        .badRequest, "the request is \(line.count) bytes long, the limit is \(requestLineBytesMax)",
        hint: "use fewer or shorter path names")
    }
    return line + [LineFramer.lineFeed]
  }

  /// A successful reply as a line.
  ///
  /// A result that would break the client's line limit becomes a refusal that says so, since a
  /// cut-off line would tell the operator nothing.
  package static func reply<M: ControlMethod>(
    _ method: M.Type, id: Int, result: M.Result
  ) -> [UInt8] {
    do throws(ControlError) {
      let line = try encode(ReplyEnvelope(id: id, result: result, error: nil))
      guard line.count <= replyLineBytesMax else { throw tooLong }
      return line + [LineFramer.lineFeed]
    } catch {
      return refusal(id: id, error)
    }
  }

  /// The reply about devices that have been written already; the same bytes as those of `reply` with the whole
  /// report.
  package static func reply(id: Int, _ report: WrittenReport) -> [UInt8] {
    let head = Array(#"{"id":\#(id),"result":{"devices":["#.utf8)
    var tail = Array("]".utf8)
    if !report.stopped.isEmpty {
      do throws(ControlError) {
        tail += Array(#","stopped":"#.utf8) + (try encode(report.stopped))
      } catch {
        return refusal(id: id, error)
      }
    }
    tail += Array("}}".utf8)
    let length = report.devices.reduce(head.count + tail.count) { $0 + $1.count + 1 }
    guard length <= replyLineBytesMax else { return refusal(id: id, Self.tooLong) }
    var line: [UInt8] = []
    line.reserveCapacity(length + 1)
    line += head
    for device in report.devices {
      if line.count > head.count { line.append(UInt8(ascii: ",")) }
      line += device
    }
    line += tail
    line.append(LineFramer.lineFeed)
    return line
  }

  private static var tooLong: ControlError {
    ControlError(
      .internal, "the reply would be longer than \(replyLineBytesMax) bytes",
      hint: "ask for one device at a time")
  }

  /// A refusal as a line.
  package static func refusal(id: Int, _ error: ControlError) -> [UInt8] {
    let envelope = ReplyEnvelope<NoParams>(id: id, result: nil, error: error)
    let fallback = #"{"error":{"code":"internal","message":"no reply could be built"},"id":\#(id)}"#
    let line = (try? encode(envelope)) ?? Array(fallback.utf8)
    return line + [LineFramer.lineFeed]
  }

  /// What a request line asks for, before its version and method are judged.
  package static func header(of line: [UInt8]) throws(ControlError) -> RequestHeader {
    try decode(RequestHeader.self, from: line, what: "request")
  }

  /// The parameters of a request line; a request without `params` means `{}`.
  package static func params<M: ControlMethod>(
    of method: M.Type, in line: [UInt8]
  ) throws(ControlError) -> M.Params {
    let envelope = try decode(RequestEnvelope<M.Params>.self, from: line, what: "request")
    if let params = envelope.params { return params }
    return try decode(M.Params.self, from: Array("{}".utf8), what: "request without params")
  }

  /// The reply in a line, for the method that was asked.
  package static func reply<M: ControlMethod>(
    to method: M.Type, in line: [UInt8]
  ) throws(ControlError) -> Reply<M.Result> {
    let envelope = try decode(ReplyEnvelope<M.Result>.self, from: line, what: "reply")
    switch (envelope.result, envelope.error) {
    case (let result?, nil): return Reply(id: envelope.id, outcome: .success(result))
    case (nil, let error?): return Reply(id: envelope.id, outcome: .failure(error))
    case (nil, nil), (.some, .some):
      throw ControlError(.badRequest, "the reply must have either a result or an error")
    }
  }

  /// A result as text for `--json`: as on the wire, and with the protocol's version, since whoever keeps the
  /// text does not know by which program it was written.
  package static func document(_ result: some Encodable) throws(ControlError) -> String {
    try json(VersionedDocument(content: result))
  }

  /// The result in a reply as text for `--json`, exactly as it came; nil when the reply is a refusal, or there is
  /// something about it that needs a closer look.
  ///
  /// - Parameter line: As this protocol's encoder writes it: the version comes last, as its key is behind those of
  ///   all results that are large enough for this to matter.
  package static func document(resultIn line: [UInt8]) -> [UInt8]? {
    guard let result = ReplyText.field("result", of: line), result.first == UInt8(ascii: "{"),
      result.last == UInt8(ascii: "}"), result.count > 2
    else { return nil }
    let versioned = result.dropLast() + Array(#","version":\#(version)}"#.utf8)
    return LineIndenter.indented(Array(versioned))
  }

  /// A value as text: the same keys as on the wire, indented.
  package static func json(_ result: some Encodable) throws(ControlError) -> String {
    String(decoding: try encode(result, indented: true), as: UTF8.self)
  }
}

extension Wire {
  /// A value as one line of JSON with sorted keys, without its line feed.
  package static func line(_ value: some Encodable) throws(ControlError) -> [UInt8] {
    try encode(value)
  }

  static func encode(
    _ value: some Encodable, indented: Bool = false
  ) throws(ControlError) -> [UInt8] {
    do {
      let line = try LineEncoder.encode(value)
      return indented ? LineIndenter.indented(line) : line
    } catch {
      throw ControlError(.internal, "a message could not be written as JSON")
    }
  }

  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], what: String
  ) throws(ControlError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw ControlError(.badRequest, "the \(what) is not valid: \(error.sentence)")
    } catch {
      throw ControlError(.badRequest, "the \(what) is not valid JSON")
    }
  }
}

private struct RequestEnvelope<Params: Codable>: Codable {
  let id: Int
  let method: String
  let params: Params?
  let version: Int
}

private struct ReplyEnvelope<Result: Codable>: Codable {
  let id: Int
  let result: Result?
  let error: ControlError?
}
