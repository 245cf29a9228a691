internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import Multipath
internal import NBD

/// Connections to servers come and go: `+ServerIO` puts attempts on them, `+ServerSend` and `+ServerReceive`
/// move the bytes, `+Quiet` looks after what ended ones leave behind.
extension Reactor {
  // MARK: The beginning

  /// Takes places for all connections of a path, or none; nothing is sent or received yet. Answers with the
  /// first of them, linked.
  mutating func openConnections(
    _ access: NetworkAccess, _ device: Int
  ) -> Result<UInt32, ReactorRefusal> {
    let limits = devices[device].limits
    var splitters: [(data: RequestSplitter, range: RequestSplitter)] = []
    for connection in access.connections {
      let export = connection.export
      guard export.sizeBytes == limits.sizeBytes + devices[device].labelBytes else {
        return .failure(.sizeDiffers(export.sizeBytes))
      }
      guard !export.flags.contains(.readOnly) else { return .failure(.readOnly) }
      do throws(SplitRefusal) {
        let block = limits.minimumBlockBytes
        let data = try RequestSplitter(
          export: export, deviceBlockBytes: block, pieceBytesMax: ReactorLimits.pieceBytes)
        let range = try RequestSplitter(
          export: export, deviceBlockBytes: block, pieceBytesMax: .max)
        splitters.append((data, range))
      } catch {
        switch error {
        case .blockTooSmall(let deviceBlock, let minimum):
          return .failure(
            .blockTooSmall(deviceBlockBytes: deviceBlock, minimumBlockBytes: minimum))
        }
      }
    }
    return takePlaces(access, splitters)
  }

  private mutating func takePlaces(
    _ access: NetworkAccess, _ splitters: [(data: RequestSplitter, range: RequestSplitter)]
  ) -> Result<UInt32, ReactorRefusal> {
    var first = Connection.none
    for (connection, splitters) in zip(access.connections, splitters) {
      guard let index = vacantConnection(), let filePlace = freeFilePlaces.popLast() else {
        forgetConnections(from: first)
        return .failure(.tooManyConnections)
      }
      var status = mp_tune_server_socket(connection.descriptor)
      if status == 0 { status = ring.setFile(connection.descriptor, at: filePlace) }
      guard status == 0 else {
        freeFilePlaces.append(filePlace)
        forgetConnections(from: first)
        return .failure(.system(errno: -status))
      }
      connections[Int(index)].open(connection, splitters: splitters, filePlace: filePlace)
      connections[Int(index)].next = first
      first = index
    }
    return .success(first)
  }

  private mutating func vacantConnection() -> UInt32? {
    for index in 0..<connections.count where connections[index].phase == .vacant {
      return UInt32(index)
    }
    guard connections.count < ReactorLimits.connections else { return nil }
    connections.append(Connection())
    return UInt32(connections.count - 1)
  }

  /// Gives places back that have not been used: their sockets stay the caller's.
  mutating func forgetConnections(from first: UInt32) {
    var index = first
    while index != Connection.none {
      let next = connections[Int(index)].next
      vacate(index)
      index = next
    }
  }

  private mutating func vacate(_ index: UInt32) {
    let filePlace = connections[Int(index)].filePlace
    _ = ring.setFile(-1, at: filePlace)
    freeFilePlaces.append(filePlace)
    connections[Int(index)].phase = .vacant
    connections[Int(index)].descriptor = -1
  }

  /// Opened connections become the path's: it listens to them from here on.
  mutating func adopt(_ first: UInt32, _ device: Int, _ path: PathIndex) {
    devices[device].paths[Int(path.rawValue)].firstConnection = first
    if first != Connection.none { devices[device].haveServerTable() }
    let pathID = pathID(device, path)
    var index = first
    while index != Connection.none {
      connections[Int(index)].device = UInt32(device)
      connections[Int(index)].path = path
      connections[Int(index)].pathID = pathID
      connections[Int(index)].heardAt = now
      devices[device].connections += 1
      receiveFromServer(index)
      index = connections[Int(index)].next
    }
  }

  // MARK: The end

  /// A connection has ended by itself, and with it all of its path: the path is lost.
  mutating func connectionEnded(_ index: UInt32, _ reason: ConnectionEnd) {
    guard connections[Int(index)].phase == .up else { return }
    let device = Int(connections[Int(index)].device)
    let path = connections[Int(index)].path
    report(
      .connectionLost(
        device: devices[device].id, path: connections[Int(index)].pathID, reason: reason))
    endConnections(device, path, errno: reason.errno)
  }

  /// Ends all connections of a path. What they carried goes elsewhere: reads at once, changes as ghosts that
  /// are resolved when they can do nothing more.
  mutating func endConnections(_ device: Int, _ path: PathIndex, errno: Int32) {
    var index = devices[device].paths[Int(path.rawValue)].firstConnection
    guard index != Connection.none else { return }
    devices[device].paths[Int(path.rawValue)].firstConnection = Connection.none
    while index != Connection.none {
      connections[Int(index)].phase = .ending
      connections[Int(index)].endedAt = now
      connections[Int(index)].endErrno = errno
      shutdown(connections[Int(index)].descriptor, Int32(SHUT_RDWR))
      index = connections[Int(index)].next
    }
    let cause = FaultCause(errno: errno, operation: .read, offset: 0)
    decide(device, .pathLost(path, cause))
    finishEnding(device)
  }

  /// Says goodbye on the connections of a path that is removed or whose device is destroyed. True when none
  /// is left, not even one that had ended before.
  mutating func closeConnections(_ device: Int, _ path: PathIndex) -> Bool {
    let pathID = pathID(device, path)
    devices[device].paths[Int(path.rawValue)].firstConnection = Connection.none
    var isLast = true
    for index in 0..<UInt32(connections.count) where isOf(index, device, pathID) {
      connections[Int(index)].isPathGone = true
      isLast = false
      guard connections[Int(index)].phase == .up else { continue }
      connections[Int(index)].phase = .ending
      connections[Int(index)].endedAt = now
      connections[Int(index)].endErrno = Errno.econnreset
      sayGoodbye(index)
      shutdown(connections[Int(index)].descriptor, Int32(SHUT_RDWR))
    }
    if !isLast { finishEnding(device) }
    return isLast
  }

  private func isOf(_ index: UInt32, _ device: Int, _ pathID: UInt32) -> Bool {
    connections[Int(index)].phase != .vacant && Int(connections[Int(index)].device) == device
      && connections[Int(index)].pathID == pathID
  }

  /// A server that is left without a word may log an error. With something still on its way, it is.
  func sayGoodbye(_ index: UInt32) {
    guard connections[Int(index)].attempts == 0, !connections[Int(index)].isSending else { return }
    let header = RequestHeader(
      flags: 0, type: NBDCommand.disconnect.rawValue, cookie: 0, offset: 0, length: 0)
    let target = unsafe memory.serverHeaders(index)
    unsafe header.encode(into: target)
    _ = unsafe mp_send_now(
      connections[Int(index)].descriptor, target, RequestHeader.encodedBytes)
  }

  private mutating func finishEnding(_ device: Int) {
    for index in 0..<UInt32(connections.count)
    where connections[Int(index)].phase == .ending
      && Int(connections[Int(index)].device) == device
    {
      finishEnding(index)
    }
  }

  /// Once the kernel holds nothing of an ended connection any more: what can do nothing more is answered, the
  /// rest waits for its quiet time, and the socket goes back.
  mutating func finishEnding(_ index: UInt32) {
    guard connections[Int(index)].phase == .ending, connections[Int(index)].isQuiet else { return }
    let device = Int(connections[Int(index)].device)
    let pathID = connections[Int(index)].pathID
    let descriptor = connections[Int(index)].descriptor
    let isPathGone = connections[Int(index)].isPathGone
    let errno = connections[Int(index)].endErrno
    leaveBehind(index, device)
    vacate(index)
    memory.forgetServerArea(index)
    devices[device].connections -= 1
    let others = (0..<UInt32(connections.count)).contains { isOf($0, device, pathID) }
    giveBack(device, pathID, [descriptor], isLast: isPathGone && !others)
    answerAbandoned(device, errno)
    endIfDestroyed(device)
  }

  // MARK: Silence

  /// Ends connections on which reads or writes wait and nothing at all is heard: what stalled may hang for
  /// ever, while the server may be reached anew. True while there is anything to look after.
  mutating func endSilentConnections() -> Bool {
    var isBusy = false
    for index in 0..<UInt32(connections.count) where connections[Int(index)].phase == .up {
      guard connections[Int(index)].attempts > 0 else { continue }
      isBusy = true
      // Flushes, discards and zeroing may take as long as they like.
      guard connections[Int(index)].attempts > connections[Int(index)].slowAttempts else {
        continue
      }
      let isLeaving =
        isStopping || devices[Int(connections[Int(index)].device)].ending != nil
      let limit =
        isLeaving ? ReactorLimits.connectionSilenceAtEnd : ReactorLimits.connectionSilence
      let silence = now - connections[Int(index)].heardAt
      if silence >= limit { connectionEnded(index, .silent(silence)) }
    }
    return isBusy
  }
}
