internal import CLinux

/// What one side of TLS connections proves itself with, and whom it believes: read from files once.
///
/// A reference in disguise, so that it can be sent between threads: whoever makes one says `forget` at last.
public struct TLSCredentials: Sendable, Hashable, BitwiseCopyable {
  private let handle: UInt

  /// Whether this program has TLS at all.
  public static var isBuiltIn: Bool { mp_tls_is_built_in() }

  /// Reads the files; what is wrong with them is one sentence.
  ///
  /// To be called where reading a file may take its time.
  public static func load(_ setup: TLSSetup) -> Result<TLSCredentials, TLSFailure> {
    var error = [CChar](repeating: 0, count: Int(MP_TLS_ERROR_BYTES))
    let loaded = unsafe withCString(setup.certificates) { certificates in
      unsafe withCString(setup.keys) { keys in
        unsafe withCString(setup.user) { user in
          unsafe withCString(setup.host) { host in
            var words = unsafe mp_tls_setup(
              is_server: setup.isServer, certificates: certificates, keys: keys, user: user,
              host: host, verifies_client: setup.verifiesClient)
            return unsafe mp_tls_load(&words, &error)
          }
        }
      }
    }
    guard let loaded = unsafe loaded else {
      let sentence = String(
        decoding: error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return .failure(TLSFailure(sentence: sentence))
    }
    return .success(TLSCredentials(handle: UInt(bitPattern: loaded)))
  }

  private init(handle: UInt) { self.handle = handle }

  private var pointer: OpaquePointer? { unsafe OpaquePointer(bitPattern: handle) }

  /// Connections that use them keep them until they end.
  public func forget() {
    if let pointer = unsafe pointer { unsafe mp_tls_release(pointer) }
  }

  /// Speaks TLS on `secured` and plain bytes on `plain` until either ends, on a thread of its own that owns both
  /// from here on; false, with both left to the caller, when there is no room for one.
  ///
  /// - Parameter shaken: Called once on that thread, with what is wrong when the handshake has failed.
  public func startTunnel(
    secured: Int32, plain: Int32, handshakeMilliseconds: Int32,
    shaken: @escaping @Sendable (TLSFailure?) -> Void = { _ in }
  ) -> Bool {
    guard mp_tls_admit(TLSLimits.tunnels), let pointer = unsafe pointer else { return false }
    unsafe mp_tls_retain(pointer)
    let handle = handle
    let isStarted = Thread.start("mpath-tls") {
      guard let pointer = unsafe OpaquePointer(bitPattern: handle) else { return }
      let listener = HandshakeListener(shaken)
      unsafe mp_tls_run(
        pointer, secured, plain, handshakeMilliseconds,
        { context, error in
          guard let context = unsafe context else { return }
          let listener = unsafe Unmanaged<HandshakeListener>.fromOpaque(context)
            .takeUnretainedValue()
          let failure = unsafe error.map { TLSFailure(sentence: unsafe String(cString: $0)) }
          listener.shaken(failure)
        }, Unmanaged.passUnretained(listener).toOpaque())
      withExtendedLifetime(listener) {}
    }
    if !isStarted {
      unsafe mp_tls_release(pointer)
      mp_tls_dismiss()
    }
    return isStarted
  }

  private final class HandshakeListener {
    let shaken: @Sendable (TLSFailure?) -> Void
    init(_ shaken: @escaping @Sendable (TLSFailure?) -> Void) { self.shaken = shaken }
  }

  private static func withCString<Value>(
    _ text: String?, _ body: (UnsafePointer<CChar>?) -> Value
  ) -> Value {
    guard let text else { return body(nil) }
    return unsafe text.withCString { unsafe body($0) }
  }
}

enum TLSLimits {
  /// Connections under TLS at the same time, of all devices and in both directions: a thread each.
  static let tunnels: Int32 = 256
}
