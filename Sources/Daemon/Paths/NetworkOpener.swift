internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import NBD
internal import Reactor

/// What is known of the server behind an open NBD path.
struct ServerFacts: Sendable, Hashable {
  /// Tells servers apart: a numeric address with its port, or a socket's device and inode.
  let peer: String
  /// The same for people: the socket's name where there is one.
  let shown: String
  let promisesMultiConnection: Bool
  /// Every request must be a multiple of it.
  let minimumBlockBytes: UInt32

  var witness: CacheWitness {
    .server(address: peer, promisesMultiConnection: promisesMultiConnection)
  }
}

/// Opens NBD exports as paths, on the helper threads of `PathOpener`.
enum NetworkOpener {
  /// How long connecting and shaking hands may take in all; `DaemonLimits.pathPatience` leaves some more for
  /// the answer's way back.
  static let patienceMilliseconds: Int64 = 8000
  /// The smallest block that a device can have; servers often take single bytes.
  static let blockBytesMin: UInt32 = 512

  static func open(
    _ network: NetworkPath, connections wanted: Int
  ) throws(PathTrouble) -> OpenedPath {
    let deadline = ServerConnection.deadline(milliseconds: patienceMilliseconds)
    let (first, peer, export) = try openOne(network.uri, deadline)
    var opened = [NetworkConnection(descriptor: first, export: export)]
    do throws(PathTrouble) {
      try check(export, connections: wanted)
      while opened.count < wanted {
        let (next, other, same) = try openOne(network.uri, deadline)
        opened.append(NetworkConnection(descriptor: next, export: same))
        guard same == export, other == peer else {
          throw PathTrouble(
            "two connections show two different exports", hint: "give it one connection")
        }
      }
    } catch {
      for connection in opened { Glibc.close(connection.descriptor) }
      throw error
    }
    let facts = ServerFacts(
      peer: peer, shown: shown(network.uri, peer),
      promisesMultiConnection: export.flags.contains(.canMultiConnection),
      minimumBlockBytes: export.minimumBlockBytes)
    return OpenedPath(
      access: .network(NetworkAccess(connections: opened)), isDirect: true,
      sizeBytes: export.sizeBytes, blockBytes: max(blockBytesMin, export.minimumBlockBytes),
      identity: .export(server: peer, name: network.uri.exportName), server: facts)
  }

  private static func openOne(
    _ uri: NBDURI, _ deadline: Int64
  ) throws(PathTrouble) -> (descriptor: Int32, peer: String, NegotiatedExport) {
    var connection = try ServerConnection.connect(to: uri, deadline: deadline)
    do throws(PathTrouble) {
      let export = try connection.negotiate(uri.exportName)
      return (connection.release(), connection.peer, export)
    } catch {
      guard error.isUnknownExport else { throw error }
      throw error.naming(ServerConnection.exports(of: uri, deadline: deadline))
    }
  }

  private static func check(
    _ export: NegotiatedExport, connections wanted: Int
  ) throws(PathTrouble) {
    guard !export.flags.contains(.readOnly) else {
      throw PathTrouble(
        "server offers the export read-only, and a device is written to",
        hint: "have the server offer it for writing", errno: EROFS)
    }
    guard wanted == 1 || export.flags.contains(.canMultiConnection) else {
      throw PathTrouble(
        "server does not promise CAN_MULTI_CONN, without which a flush on one connection says "
          + "nothing about the others",
        hint: "give it one connection", errno: EINVAL)
    }
  }

  private static func shown(_ uri: NBDURI, _ peer: String) -> String {
    switch uri.transport {
    case .tcp: peer
    case .unix(let socket): socket
    }
  }
}
