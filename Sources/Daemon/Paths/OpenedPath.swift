internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Reactor
internal import Registry

/// A path that could be opened: how the reactor reaches it, and what it is.
struct OpenedPath: Sendable {
  let access: PathAccess
  let isDirect: Bool
  let sizeBytes: UInt64
  /// The smallest that a device over it can have.
  let blockBytes: UInt32
  let identity: PathIdentity
  /// For an NBD path.
  var server: ServerFacts?
  /// For a block device, what the system says of it.
  var block: Candidate.Identity?

  var witness: CacheWitness { server?.witness ?? .local }
}

/// What tells one medium's entry in the system from another: the device number of a block device, file
/// system and inode of a file, server and name of an export. Two names with one identity are one path.
enum PathIdentity: Hashable, Sendable {
  case block(device: UInt64)
  case file(device: UInt64, inode: UInt64)
  case export(server: String, name: String)

  /// What it is, in a sentence about two names of it.
  var noun: String {
    switch self {
    case .block: "block device"
    case .file: "file"
    case .export: "export of one server"
    }
  }

  var isBlockDevice: Bool {
    if case .block = self { true } else { false }
  }
}

/// A path that could not.
struct OpenFailure: Error, Sendable {
  /// Positive; ETIMEDOUT when it did not answer in time.
  let errno: Int32
  let isOtherKind: Bool
  /// Known when the name exists.
  let identity: PathIdentity?
  /// For an NBD path, what the server or the network did.
  var trouble: PathTrouble?
}

/// Opens and closes paths on threads of their own, since either may block for as long as a sick medium
/// does, and one path's trouble must not delay another's.
enum PathOpener {
  static func open(
    _ name: String, _ manner: OpeningManner,
    _ deliver: @escaping @Sendable (Result<OpenedPath, OpenFailure>) -> Void
  ) {
    let isStarted = HelperThreads.start("mpath-open") {
      if let network = NetworkPath(stored: name) {
        deliver(openNow(network, manner))
      } else {
        var result = openNow(name, buffered: manner.buffered)
        for _ in 1..<manner.busyTries {
          guard case .failure(let failure) = result, failure.errno == EBUSY else { break }
          usleep(10_000)
          result = openNow(name, buffered: manner.buffered)
        }
        deliver(result)
      }
    }
    if !isStarted {
      deliver(.failure(OpenFailure(errno: EAGAIN, isOtherKind: false, identity: nil)))
    }
  }

  private static func openNow(
    _ network: NetworkPath, _ manner: OpeningManner
  ) -> Result<OpenedPath, OpenFailure> {
    do throws(PathTrouble) {
      return .success(
        try NetworkOpener.open(network, connections: manner.connections))
    } catch {
      return .failure(
        OpenFailure(errno: error.errno, isOtherKind: false, identity: nil, trouble: error))
    }
  }

  private static func openNow(
    _ name: String, buffered: Bool
  ) -> Result<OpenedPath, OpenFailure> {
    var path = mp_path()
    let status = unsafe mp_path_open(name, buffered, &path)
    let isBlock = path.kind == MP_KIND_BLOCK
    let identity: PathIdentity =
      isBlock ? .block(device: path.device) : .file(device: path.device, inode: path.inode)
    guard status == 0 else {
      let isOtherKind = status == Int32(MP_ERROR_KIND)
      return .failure(
        OpenFailure(
          errno: isOtherKind ? EINVAL : -status, isOtherKind: isOtherKind,
          identity: path.kind.rawValue == 0 ? nil : identity))
    }
    return .success(
      OpenedPath(
        access: .file(
          descriptor: path.fd, needsWorker: path.needs_worker, isBlockDevice: isBlock),
        isDirect: path.direct, sizeBytes: path.size_bytes, blockBytes: path.block_bytes,
        identity: identity, block: isBlock ? BlockFacts.identity(path.device) : nil))
  }

  /// Closing may block as well.
  static func close(_ access: PathAccess) { close(access.descriptors) }

  static func close(_ descriptors: [Int32]) {
    guard !descriptors.isEmpty else { return }
    let closing: @Sendable () -> Void = { for each in descriptors { _ = Glibc.close(each) } }
    if !HelperThreads.start("mpath-close", closing) { closing() }
  }
}

/// How a path is to be opened, beyond its name.
struct OpeningManner: Sendable {
  /// Through the page cache, for a file.
  let buffered: Bool
  /// To an NBD server.
  let connections: Int
  /// How often a block device that somebody holds is tried, 10 ms apart: what a killed daemon held comes free
  /// a moment after the daemon.
  let busyTries: Int

  init(_ path: PathSettings, buffered: Bool, busyTries: Int = 1) {
    self.buffered = buffered
    self.busyTries = busyTries
    connections = Int(path.connections)
  }
}
