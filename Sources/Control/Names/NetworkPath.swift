package import NBD

/// An NBD export as a path: its address in the one form under which it is kept.
package struct NetworkPath: Hashable, Sendable {
  package let uri: NBDURI

  /// True for whatever looks like an address, so that a wrong one is never taken for a file.
  package static func isMeant(by operand: String) -> Bool {
    operand.contains("://") || NBDURI.hasScheme(operand)
  }

  /// Takes what `create` and `add` were given; a relative socket is one from where the caller stands.
  package init(_ operand: String, workingDirectory: String) throws(ControlError) {
    var uri: NBDURI
    do throws(NBDURIError) {
      uri = try NBDURI(parsing: operand)
    } catch {
      throw Self.refusal(operand, error.sentence)
    }
    guard !uri.requiresTLS else {
      throw ControlError(
        .refused, "\(Self.shown(operand)) asks for TLS, which paths do not support yet",
        hint: "use nbd:// on a network that you trust, or a tunnel of your own")
    }
    guard uri.userName == nil, uri.tls == TLSParameters() else {
      throw Self.refusal(operand, "a user's name and tls parameters are for TLS only")
    }
    if let parameter = uri.unknownParameters.first {
      throw Self.refusal(
        operand, "there is no parameter '\(PrintableText.escaped(parameter.name, lengthMax: 80))'")
    }
    if case .unix(let socket) = uri.transport {
      let absolute = PathOperand.tidied(
        socket.hasPrefix("/") ? socket : workingDirectory + "/" + socket)
      guard absolute.utf8.count <= NBDURI.socketPathBytesMax else {
        throw Self.refusal(operand, NBDURIError.socketTooLong.sentence)
      }
      uri.transport = .unix(socketPath: absolute)
    }
    self.uri = uri
  }

  /// Reads what is kept; nil for a file or a block device.
  package init?(stored path: String) {
    guard Self.isMeant(by: path),
      let network = try? NetworkPath(path, workingDirectory: "/")
    else { return nil }
    self = network
  }

  package var text: String { uri.text }

  /// `host:port/export` or `socket:export`, where the socket is the last component of its name.
  package var shortName: String {
    switch uri.transport {
    case .tcp(let host, let port):
      let host = host.contains(":") ? "[\(host)]" : host
      return "\(host):\(port)" + (uri.exportName.isEmpty ? "" : "/" + uri.exportName)
    case .unix(let socket):
      let base = socket.split(separator: "/").last.map(String.init) ?? socket
      return base + (uri.exportName.isEmpty ? "" : ":" + uri.exportName)
    }
  }

  /// Two spellings of one address would be two paths.
  static func requireCanonical(_ path: String) throws(ControlError) {
    let text = try NetworkPath(path, workingDirectory: "/").text
    guard text == path else {
      throw ControlError(
        .badRequest, "\(shown(path)) is not the form in which a request names this server",
        hint: "write it as \(text)")
    }
  }

  private static func refusal(_ operand: String, _ sentence: String) -> ControlError {
    ControlError(
      .badRequest,
      "\(shown(operand)) is no address of a path: \(PrintableText.escaped(sentence))",
      hint: "write it as nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=PATH")
  }

  private static func shown(_ operand: String) -> String {
    PrintableText.escaped(operand, lengthMax: 200)
  }
}
