internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Multipath
internal import NBD

/// A path's place in the world: its descriptor and where the ring knows it.
struct PathHost: BitwiseCopyable {
  var id: UInt32 = 0
  var isOccupied = false
  var descriptor: Int32 = -1
  var filePlace: UInt32 = 0
  var needsWorker = false
  var isBlockDevice = false

  mutating func take(_ access: PathAccess) {
    descriptor = -1
    needsWorker = false
    isBlockDevice = false
    guard case .file(let file, let worker, let isBlock) = access else { return }
    descriptor = file
    needsWorker = worker
    isBlockDevice = isBlock
  }
}

/// What a reactor keeps for one device: its engine, its paths' descriptors and its listener.
@safe struct DeviceHost: ~Copyable {
  let id: UInt32
  var isOpen: Bool
  var engine: Engine
  let export: ExportDescription
  let limits: RequestLimits
  var listener: Int32
  var isAccepting = false
  var sessions = 0
  var paths: RigidArray<PathHost>
  /// By attempt place, then one for each path's probe.
  var pending: RigidArray<PendingIO>
  let attemptPlaces: Int
  var pendingCount = 0
  /// By request place: the next reply of the same session.
  var replyNext: RigidArray<UInt32>
  private let headers: UnsafeMutableRawPointer
  /// The ticket of the `destroy` that is to be answered when all is quiet.
  var destroyTicket: UInt64?
  var deadline: Instant?
  /// The state that was reported last; nil while the device is being made.
  var toldState: DeviceState?

  init(_ setup: DeviceSetup) {
    let requests = setup.configuration.requestsMax
    let places = requests * 2 + MultipathConfiguration.pathsMax
    let headers = UnsafeMutableRawPointer.allocate(
      byteCount: requests * SimpleReply.encodedBytes, alignment: 16)
    id = setup.id
    isOpen = true
    engine = Engine(setup.configuration)
    export = setup.export
    limits = setup.export.limits
    listener = setup.listener
    paths = RigidArray(repeating: PathHost(), count: MultipathConfiguration.pathsMax)
    pending = RigidArray(
      repeating: PendingIO(), count: places + MultipathConfiguration.pathsMax)
    attemptPlaces = places
    replyNext = RigidArray(repeating: Session.none, count: requests)
    unsafe self.headers = headers
  }

  deinit { unsafe headers.deallocate() }

  /// Where the reply header of request `slot` is made.
  @inline(__always)
  func header(_ slot: UInt32) -> UnsafeMutableRawPointer {
    unsafe headers + Int(slot) * SimpleReply.encodedBytes
  }

  func pendingPlace(_ token: Token) -> Int {
    token.kind == TokenKind.probe ? attemptPlaces + Int(token.slot) : Int(token.slot)
  }

  func index(ofPath id: UInt32) -> PathIndex? {
    for index in 0..<paths.count where paths[index].isOccupied && paths[index].id == id {
      return PathIndex(UInt8(index))
    }
    return nil
  }

  /// Nothing of it is in flight any more.
  var isQuiet: Bool { sessions == 0 && pendingCount == 0 && !isAccepting }
}
