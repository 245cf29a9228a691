/// The address of an export, as the NBD URI document writes it.
///
/// Grammar: NBD URI document and RFC 3986. It is read as libnbd reads it, except that nothing is
/// dropped in silence: what libnbd would ignore or cut off (a port of 0, a host in front of a Unix
/// socket, a fragment, a name behind a NUL) is refused with a sentence. Parameters nobody knows are
/// kept, so that the caller can say so.
public struct NBDURI: Hashable, Sendable {
  public var transport: Transport
  /// The scheme demands TLS.
  public var requiresTLS: Bool
  /// For TLS only.
  public var userName: String?
  /// Empty for the server's default export.
  public var exportName: String
  public var tls: TLSParameters
  /// In the order given; no meaning is known for them.
  public var unknownParameters: [Parameter]

  /// How the server is reached.
  public enum Transport: Hashable, Sendable {
    /// A name or an address, an IPv6 address without its brackets.
    case tcp(host: String, port: UInt16)
    /// May be relative; then it is up to the caller relative to what.
    case unix(socketPath: String)
  }

  /// A part of the query, decoded.
  public struct Parameter: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public static let defaultPort: UInt16 = 10809
  /// Longest address that is read: a full-length export name, every byte escaped, and some more.
  public static let textBytesMax = 16384

  public init(
    transport: Transport, exportName: String = "", requiresTLS: Bool = false,
    userName: String? = nil, tls: TLSParameters = TLSParameters(),
    unknownParameters: [Parameter] = []
  ) {
    self.transport = transport
    self.exportName = exportName
    self.requiresTLS = requiresTLS
    self.userName = userName
    self.tls = tls
    self.unknownParameters = unknownParameters
  }

  /// True when the text claims to be such an address, be it well-formed or not.
  public static func hasScheme(_ text: String) -> Bool {
    text.utf8.starts(with: "nbd:".utf8) || text.utf8.starts(with: "nbds:".utf8)
      || text.utf8.starts(with: "nbd+".utf8) || text.utf8.starts(with: "nbds+".utf8)
  }
}
