internal import BlockIO
internal import Control
internal import Label
internal import Multipath
internal import NBD
internal import Reactor
internal import Registry

/// A path as the control side knows it: its name, what it is, and what it lent to the reactor.
struct PathEntry {
  let id: UInt32
  /// An absolute name, or an NBD server's address.
  let path: String
  var isHeld = false
  var settings = PathSettings()
  /// In service, as far as the reactor's events say.
  var isGood = true
  /// LOST, as far as the reactor's events say, and not opened again since.
  var isGone = false
  /// As it was measured last; nil for what has the device's size.
  var sizeBytes: UInt64?
  /// A helper thread asks for its size.
  var isMeasuring = false
  /// Absent while the path is lost.
  var access = PathAccess.absent
  var isBlockDevice = false
  var isDirect = true
  var identity: PathIdentity?
  /// A disk's name from its maker, and where it is plugged in; nil where nobody says so.
  var diskName: DiskName?
  var physicalPath: String?
  /// What its server said when it was reached last.
  var server: ServerFacts?
  /// Why it is foreign or lost, in words, when the reactor's own cause does not say it.
  var remark: String?
  /// Shows another medium; only an operator's restore looks at it again.
  var isForeign = false
  /// It was replaced by another, and is being removed.
  var isLeaving = false
  /// Waits for the next try to open it.
  var isReopening = false
  /// A helper thread is at it; another would only wait behind the same trouble.
  var isOpening = false
  var reopenWait: Interval

  init(id: UInt32, path: String, isHeld: Bool = false) {
    self.id = id
    self.path = path
    self.isHeld = isHeld
    network = NetworkPath(stored: path)
    name = PathOperand.shortName(of: path)
    reopenWait = Self.reopenFirst(network)
  }

  let name: String
  /// For an NBD path.
  let network: NetworkPath?

  var kind: PathStatus.Kind { network != nil ? .nbd : isBlockDevice ? .block : .file }

  var isOpen: Bool { !access.descriptors.isEmpty }

  /// Lost, and perhaps there again under this name once udev has made its links.
  var mayBeMissingLink: Bool {
    !isOpen && !isForeign && network == nil && path.hasPrefix("/dev/")
  }

  /// Gone for good under its name, which is one that the kernel gives to whatever comes.
  var isReplaceable: Bool {
    isGone && !isOpen && !isForeign && !isHeld && isBlockDevice && settings == PathSettings()
      && path.hasPrefix("/dev/") && !path.dropFirst(5).contains("/")
      && BlockNode.number(of: path) == nil
  }

  private static func reopenFirst(_ network: NetworkPath?) -> Interval {
    network == nil ? DaemonLimits.reopenFirst : DaemonLimits.reconnectFirst
  }

  mutating func take(_ opened: OpenedPath) {
    access = opened.access
    isBlockDevice = opened.identity.isBlockDevice
    isDirect = opened.isDirect
    identity = opened.identity
    server = opened.server
    diskName = DiskName(opened.block?.wwn)
    physicalPath = opened.block?.physicalPath
    remark = nil
    isForeign = false
    isGone = false
    sizeBytes = opened.sizeBytes
    isMeasuring = false
    reopenWait = Self.reopenFirst(network)
  }

  /// Where the path can be read while the reactor uses it.
  var source: MediumSource? {
    guard isOpen else { return nil }
    return network.map { .server($0.uri) } ?? access.source
  }

  var witness: CacheWitness {
    guard network != nil else { return .local }
    return server?.witness ?? .unknown
  }

  func setup(lost: FaultCause? = nil, isPreferred: Bool = false) -> PathSetup {
    PathSetup(
      id: id, access: access, lost: lost, isHeld: isHeld, isPreferred: isPreferred)
  }
}

/// A device as the control side knows it. The decisions are its reactor's.
final class DeviceEntry {
  let id: UInt32
  let name: DeviceName
  /// What its clients are served.
  var geometry: Geometry {
    didSet { revision &+= 1 }
  }
  /// How much of its medium is there, when that is less than it should be.
  var usableBytes: UInt64? {
    didSet { revision &+= 1 }
  }
  /// What is beyond its end is being given up: nobody else may move the limit of its requests.
  var isShrinking = false
  var isMeasuring = false
  /// Whoever wants it measured anew, once the measuring that goes on has ended.
  var afterMeasuring: [() -> Void] = []
  /// The size to which it was to grow by itself last, and its label to move.
  var refusedBytes: UInt64?
  /// Why it has not the size that it was to grow to.
  var refusedGrowth: GrowthFacts? {
    didSet { revision &+= 1 }
  }
  /// Something changed meanwhile.
  var mustMeasureAgain = false
  var settings: DeviceSettings {
    didSet {
      settingsKept = nil
      revision &+= 1
    }
  }
  private var settingsKept: [String: String]?
  /// Goes up when anything changes here that its status shows.
  private(set) var revision: UInt64 = 0
  /// What its status was made of last, and how it was written: for most devices nothing has changed when somebody
  /// asks again.
  var said: (revision: UInt64, outlook: DeviceOutlook, line: [UInt8])?
  private let made: DeviceOptions
  let reactor: Int
  let socket: String
  /// Oldest first.
  var paths: [PathEntry] {
    didSet {
      revision &+= 1
      owners?.update(self)
    }
  }
  /// Where the paths of all devices can be looked up.
  weak var owners: PathOwners?
  /// Fences that wait for their paths to answer after all, by path.
  var fencesToCome: [UInt32: UInt32] = [:]
  /// Changes of one device happen one after the other.
  var isChanging = false
  var changesWaiting: [() -> Void] = []
  var isBeingDestroyed = false
  /// Closed to clients, its socket gone: its name is free again, although a path may keep it from ending.
  var hasVanished = false
  /// Some path has been in service: a device that waits for its first one has not lost its last.
  var hasHadPath = false
  /// Failback returns to it.
  var preferred: UInt32?
  /// Nil when it is not attached to the kernel.
  var kernel: KernelLink? {
    didSet {
      revision &+= 1
      owners?.noteKernel(of: self)
    }
  }
  /// Since when requests wait for a path.
  var queueingSince: Instant?
  /// Since when changes have been held back; nil while none is.
  var holdingSince: Instant?
  /// Names of removed paths that have not answered everything yet.
  var leaving: [UInt32: String] = [:]
  /// Whether the paths share a cache, as it was found out last.
  var cache: CacheFacts {
    didSet { revision &+= 1 }
  }
  /// Where it is served besides its own socket.
  var exports: [ExportEntry] = [] {
    didSet { revision &+= 1 }
  }
  /// Nil for a device that was made by hand.
  var label: DeviceLabel? {
    didSet {
      revision &+= 1
      owners?.noteLabel(of: self, before: oldValue?.record.uuid)
    }
  }

  init(
    id: UInt32, name: DeviceName, geometry: Geometry, settings: DeviceSettings,
    options: DeviceOptions, reactor: Int, socket: String, paths: [PathEntry], preferred: UInt32?,
    cache: CacheFacts? = nil, label: DeviceLabel? = nil
  ) {
    self.id = id
    self.name = name
    self.geometry = geometry
    self.settings = settings
    made = options
    self.reactor = reactor
    self.socket = socket
    self.paths = paths
    self.preferred = preferred
    self.cache = CacheFacts.judged(settings.cache, paths.map { $0.witness }, known: cache)
    self.label = label
  }

  var options: DeviceOptions {
    DeviceOptions(
      noPathTimeoutSeconds: settings.noPathTimeoutSeconds, io: made.io,
      allowDuplicate: made.allowDuplicate)
  }

  /// The settings as they are shown, made anew only when they have changed.
  var settingsShown: [String: String] {
    if let settingsKept { return settingsKept }
    let values = settings.values
    settingsKept = values
    return values
  }

  /// Where its disk is plugged in, if every path that says so says the same: gmultipath's attribute
  /// GEOM::physpath, which has this ending to tell the device from its disk.
  var physicalPath: String? {
    let places = Set(paths.compactMap { $0.physicalPath })
    return places.count == 1 ? places.first.map { $0 + "/mp" } : nil
  }

  func index(ofPath id: UInt32) -> Int? { paths.firstIndex { $0.id == id } }

  /// Where a path can be compared with its siblings in service; nil when there are none.
  ///
  /// A server may take no connection beside the one that the reactor has, so that NBD siblings are read through
  /// the device's own export.
  func reference(besides id: UInt32) -> MediumSource? {
    let siblings = paths.filter { $0.id != id && $0.isOpen && $0.isGood && !$0.isHeld }
    if let local = siblings.first(where: { $0.network == nil }) { return local.access.source }
    guard !siblings.isEmpty else { return nil }
    return .server(NBDURI(transport: .unix(socketPath: socket), exportName: name.text))
  }

  func manner(of path: PathEntry) -> OpeningManner {
    OpeningManner(path.settings, buffered: options.io == .buffered)
  }

  /// Finds out anew whether the paths share a cache.
  func judgeCache() -> CacheFacts {
    CacheFacts.judged(settings.cache, paths.map { $0.witness }, known: cache)
  }

  var specification: DeviceSpecification {
    var changes = settings.changes
    for path in paths { changes.merge(path.settings.changes(of: path.path)) { $1 } }
    return DeviceSpecification(
      name: name.text, mode: settings.mode, sizeBytes: medium.geometry.sizeBytes,
      blockBytes: geometry.blockBytes, options: options,
      paths: paths.map { DeviceSpecification.Path(path: $0.path, held: $0.isHeld) },
      settings: changes.isEmpty ? nil : changes,
      preferred: preferred.flatMap { index(ofPath: $0) }.map { paths[$0].path },
      kernel: kernel?.attachment,
      cache: settings.cache == .auto && paths.contains { $0.network != nil } ? cache : nil,
      label: label.map {
        DeviceSpecification.Label(
          uuid: $0.record.uuid.text, name: $0.record.name.text, sectorBytes: $0.sectorBytes)
      }, exports: exports.isEmpty ? nil : exports.map { $0.specification })
  }
}
