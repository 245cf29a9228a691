internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import Multipath
internal import NBD

/// BLOCK_STATUS: which parts of a device are holes.
///
/// Only a file knows, and asking it may block, so a helper thread asks. That everything is data is always a
/// right answer: it is given where there is no file, where too many ask, and when the thread takes too long.
extension Reactor {
  /// The place of the request has been reserved with room for the answer.
  mutating func describe(
    _ device: Int, _ slot: UInt32, _ range: ByteRange, requestOne: Bool, session: UInt32
  ) {
    guard let descriptor = fileToAsk(device), let scout = scoutInService() else {
      return answerAllocation(
        device, slot, AllocationMap.allData(length: range.length), session: session)
    }
    nextAllocationTicket += 1
    allocationQueries.append(
      AllocationQuery(
        ticket: nextAllocationTicket, device: UInt32(device), session: session, slot: slot,
        range: range, requestOne: requestOne, askedAt: now))
    allocationsAsked += 1
    scheduleHousekeeping()
    scout.ask(
      AllocationScout.Question(
        ticket: nextAllocationTicket, descriptor: descriptor, range: range,
        blockBytes: devices[device].limits.minimumBlockBytes))
  }

  /// A descriptor of the scout's own for the file that serves the device now; nil when there is none.
  private func fileToAsk(_ device: Int) -> Int32? {
    guard allocationsAsked < ReactorLimits.allocationQueries else { return nil }
    let active = devices[device].engine.machine.active
    var file = active.flatMap { regularFile(device, $0) }
    for index in 0..<devices[device].paths.count where file == nil {
      file = regularFile(device, PathIndex(UInt8(index)))
    }
    guard let file else { return nil }
    let copy = fcntl(file, F_DUPFD_CLOEXEC, 0)
    return copy < 0 ? nil : copy
  }

  private func regularFile(_ device: Int, _ path: PathIndex) -> Int32? {
    let host = devices[device].paths[Int(path.rawValue)]
    guard host.isOccupied, host.descriptor >= 0, !host.isBlockDevice,
      devices[device].engine.machine.table.usable.contains(path)
    else { return nil }
    return host.descriptor
  }

  private mutating func scoutInService() -> AllocationScout? {
    if scout == nil { scout = AllocationScout(answeringTo: inbox) }
    return scout
  }

  mutating func allocationFound(_ ticket: UInt64, _ extents: [AllocationExtent]) {
    allocationsAsked -= 1
    for place in 0..<allocationQueries.count where allocationQueries[place].ticket == ticket {
      return settle(place, extents)
    }
  }

  /// Those that the helper thread has not answered are answered without it; true while some wait.
  mutating func settleOverdueAllocations() -> Bool {
    for place in (0..<allocationQueries.count).reversed() {
      let query = allocationQueries[place]
      guard now - query.askedAt >= ReactorLimits.allocationPatience else { continue }
      settle(place, AllocationMap.allData(length: query.range.length))
    }
    return !allocationQueries.isEmpty
  }

  /// The session ends: its requests' places are given back by the engine.
  mutating func forgetAllocations(of session: UInt32) {
    for place in (0..<allocationQueries.count).reversed()
    where allocationQueries[place].session == session {
      allocationQueries.remove(at: place)
    }
  }

  private mutating func settle(_ place: Int, _ found: [AllocationExtent]) {
    let query = allocationQueries.remove(at: place)
    answerAllocation(
      Int(query.device), query.slot, query.requestOne ? Array(found.prefix(1)) : found,
      session: query.session)
  }

  private mutating func answerAllocation(
    _ device: Int, _ slot: UInt32, _ extents: [AllocationExtent], session: UInt32
  ) {
    let style = sessions[Int(session)].terms.replies
    let extentBytes = AllocationExtent.encodedBytes(style)
    let target = unsafe memory.address(devices[device].engine.payload(of: slot).buffer)
    for (position, extent) in extents.enumerated() {
      unsafe extent.encode(style, into: target + position * extentBytes)
    }
    var note = devices[device].note(slot)
    note.extents = UInt32(extents.count)
    devices[device].setNote(slot, note)
    devices[device].engine.answer(
      slot, dataBytes: UInt64(extents.count * extentBytes), effects: &effects)
    drainEffects(device)
  }
}
