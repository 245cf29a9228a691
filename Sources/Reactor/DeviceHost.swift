internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Multipath
internal import NBD

/// A path's place in the world: its descriptor and where the ring knows it, or its connections.
struct PathHost: BitwiseCopyable {
  var id: UInt32 = 0
  var isOccupied = false
  var descriptor: Int32 = -1
  var filePlace: UInt32 = 0
  var needsWorker = false
  var isBlockDevice = false
  /// An NBD server; its connections are linked from here, none while they are down.
  var isNetwork = false
  var firstConnection = Connection.none

  mutating func take(_ access: PathAccess) {
    descriptor = -1
    needsWorker = false
    isBlockDevice = false
    isNetwork = false
    switch access {
    case .absent: break
    case .file(let file, let worker, let isBlock):
      descriptor = file
      needsWorker = worker
      isBlockDevice = isBlock
    case .network: isNetwork = true
    }
  }
}

/// What a reactor keeps for one device: its engine, its paths' descriptors and its listener.
@safe struct DeviceHost: ~Copyable {
  let id: UInt32
  var isOpen: Bool
  var engine: Engine
  var export: ExportDescription
  var limits: RequestLimits
  /// What every path has beyond the export: the label's sector, or nothing.
  let labelBytes: UInt64
  var listeners: RigidArray<ListenerHost>
  var sessions = 0
  /// Those of them that are the kernel's.
  var kernelSessions = 0
  var paths: RigidArray<PathHost>
  /// By attempt place, then one for each path's probe.
  var pending: PendingTable
  var pendingCount = 0
  /// By request place: the next reply of the same session.
  var replyNext: RigidArray<UInt32>
  /// Made for the first session: a device that nobody uses needs none.
  private var headers: UnsafeMutableRawPointer?
  /// By place of pending I/O, from the device's first network path on: what a server has of it.
  var servers = RigidArray<ServerIO>(capacity: 0)
  /// Connections to servers, until their sockets have been given back.
  var connections = 0
  /// How long what was sent on a connection may still be carried out after its end.
  var quietTime: Interval
  /// When the first change that an ended connection left behind can do nothing more.
  var quietDeadline: Instant?
  /// It is to go: who is to be told when all is quiet.
  var ending: DeviceEnding?
  var closing = DeviceClosing.notYet
  /// When its sessions are closed whatever they wait for; nil while it is not ending.
  var closesAt: Instant?
  var deadline: Instant?
  /// The state that was reported last; nil while the device is being made.
  var toldState: DeviceState?

  init(_ setup: DeviceSetup) {
    let requests = setup.configuration.requestsMax
    let places = requests * 2 + MultipathConfiguration.pathsMax
    id = setup.id
    isOpen = true
    engine = Engine(setup.configuration, keepsSessionsApart: true)
    export = setup.export
    limits = setup.export.limits
    labelBytes = setup.mediumBytes - setup.export.sizeBytes
    listeners = RigidArray(repeating: ListenerHost(), count: ListenerHost.count)
    listeners[ListenerHost.own].descriptor = setup.listener
    quietTime = setup.tuning.quietTime
    paths = RigidArray(repeating: PathHost(), count: MultipathConfiguration.pathsMax)
    pending = PendingTable(attempts: places, paths: MultipathConfiguration.pathsMax)
    replyNext = RigidArray(repeating: Session.none, count: requests)
    unsafe headers = nil
  }

  deinit { unsafe headers?.deallocate() }

  /// To be called before the first request.
  mutating func haveHeaders() {
    guard unsafe headers == nil else { return }
    unsafe headers = .allocate(
      byteCount: replyNext.count * Self.headerStride, alignment: 16)
  }

  /// Where the reply header of request `slot` is made.
  @inline(__always)
  func header(_ slot: UInt32) -> UnsafeMutableRawPointer {
    guard let headers = unsafe headers else { preconditionFailure("a request without a session") }
    return unsafe headers + Int(slot) * Self.headerStride
  }

  /// Behind the room for a header, so that places which are never used cost nothing, is its note.
  private static let headerStride =
    ReplyHeader.encodedBytesMax + MemoryLayout<ReplyNote>.stride

  /// What the reply to request `slot` needs beyond what the engine knows; written when the request is
  /// given its place.
  @inline(__always)
  func note(_ slot: UInt32) -> ReplyNote {
    unsafe header(slot).load(fromByteOffset: ReplyHeader.encodedBytesMax, as: ReplyNote.self)
  }

  @inline(__always)
  func setNote(_ slot: UInt32, _ note: ReplyNote) {
    unsafe header(slot).storeBytes(
      of: note, toByteOffset: ReplyHeader.encodedBytesMax, as: ReplyNote.self)
  }

  func pendingPlace(_ token: Token) -> Int {
    token.kind == TokenKind.probe ? pending.probePlace(token.slot) : Int(token.slot)
  }

  func index(ofPath id: UInt32) -> PathIndex? {
    for index in 0..<paths.count where paths[index].isOccupied && paths[index].id == id {
      return PathIndex(UInt8(index))
    }
    return nil
  }

  mutating func haveServerTable() {
    guard servers.isEmpty else { return }
    servers = RigidArray(repeating: ServerIO(), count: pending.count)
  }

  /// Nothing of it is in flight any more.
  var isQuiet: Bool { sessions == 0 && pendingCount == 0 && !isAccepting }

  private var isAccepting: Bool {
    for place in 0..<listeners.count where listeners[place].isAccepting { return true }
    return false
  }
}

/// Whom the end of a device answers.
enum DeviceEnding {
  case destroyed(ticket: UInt64)
  /// A `create` whose paths cannot all be used; their descriptors stay the caller's.
  case refused(ticket: UInt64, ReactorRefusal)

  var givesDescriptorsBack: Bool {
    switch self {
    case .destroyed: true
    case .refused: false
    }
  }
}

/// How far the end of a quiet device has come.
enum DeviceClosing {
  case notYet
  /// Its paths are being closed, one after the other.
  case underWay
  /// Only connections are still to be given back by the kernel.
  case done
}
