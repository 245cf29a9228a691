import BlockIO
import NBD
import Testing

@Suite("Errors on the wire")
struct NBDErrorTests {
  @Test(
    "an errno becomes the protocol's number",
    arguments: [
      (Errno.eperm, 1), (Errno.erofs, 1), (Errno.eio, 5), (Errno.enomem, 12), (Errno.einval, 22),
      (Errno.enospc, 28), (Errno.edquot, 28), (Errno.efbig, 28), (Errno.eoverflow, 75),
      (Errno.eopnotsupp, 95), (Errno.eshutdown, 108), (Errno.etimedout, 5), (Errno.enolink, 5),
      (Errno.enodata, 5), (0, 5), (-22, 5), (Int32.max, 5),
    ] as [(Int32, UInt32)])
  func mapping(errno: Int32, wire: UInt32) {
    #expect(NBDError(errno: errno).rawValue == wire)
  }

  @Test("nothing but the protocol's eight errors can be said")
  func complete() {
    #expect(NBDError.allCases.map(\.rawValue) == [1, 5, 12, 22, 28, 75, 95, 108])
    let said = Set((0...200 as ClosedRange<Int32>).map { NBDError(errno: $0).rawValue })
    #expect(said.isSubset(of: [1, 5, 12, 22, 28, 75, 95, 108]))
  }
}
