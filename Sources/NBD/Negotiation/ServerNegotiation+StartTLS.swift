/// STARTTLS: refused, since this server has no TLS, and therefore never says TLS_REQD either.
extension ServerNegotiation {
  func planStartTLS(lengthBytes: UInt32) -> OptionPlan {
    .skip(then: .refuse(refusalOfData(lengthBytes: lengthBytes) ?? .noTLS))
  }
}
