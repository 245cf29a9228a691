internal import BlockIO
internal import CLinux
internal import Glibc
internal import NBD

/// Finds the holes of files, on a thread that may wait for as long as the file system does.
struct AllocationScout: Sendable {
  /// One range of one file. The descriptor is the scout's own, and closed by it.
  struct Question: Sendable {
    let ticket: UInt64
    let descriptor: Int32
    let range: ByteRange
    let blockBytes: UInt32
  }

  private enum Message: Sendable {
    case look(Question)
    case end
  }

  private let inbox = Mailbox<Message>()

  /// Answers go to the reactor that asked; nil when there is no room for a thread.
  init?(answeringTo reactor: Mailbox<ReactorCommand>) {
    let inbox = inbox
    let isRunning = Thread.start("mpath-holes") {
      while true {
        _ = mp_wait_input(inbox.eventDescriptor, -1)
        _ = mp_event_drain(inbox.eventDescriptor)
        for message in inbox.takeAll() {
          guard case .look(let question) = message else { return }
          let extents = Self.look(question)
          close(question.descriptor)
          reactor.post(.allocationFound(ticket: question.ticket, extents))
        }
      }
    }
    guard isRunning else { return nil }
  }

  func ask(_ question: Question) { inbox.post(.look(question)) }

  /// The thread ends after everything asked before.
  func end() { inbox.post(.end) }

  /// Whatever cannot be found out is data.
  private static func look(_ question: Question) -> [AllocationExtent] {
    let range = question.range
    var map = AllocationMap(
      offset: range.offset, length: range.length, blockBytes: question.blockBytes)
    while let position = map.next {
      let data = mp_seek(question.descriptor, position, false)
      // ENXIO: no data from here to the end of the file.
      let isRestHole = data == Int64(-ENXIO)
      guard data >= 0 || isRestHole else {
        map.add(until: range.end, isHole: false)
        break
      }
      let dataStart = isRestHole ? range.end : UInt64(data)
      map.add(until: dataStart, isHole: true)
      guard dataStart < range.end, map.next != nil else { break }
      let hole = mp_seek(question.descriptor, dataStart, true)
      // A seek that does not lead on would lead round for ever.
      let dataEnd = hole > Int64(dataStart) ? UInt64(hole) : range.end
      map.add(until: dataEnd, isHole: false)
    }
    return map.extents
  }
}
