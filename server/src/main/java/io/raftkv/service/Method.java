package io.raftkv.service;

/** The methods, as metrics name them. */
enum Method {
  GET("KV.Get", false),
  PUT("KV.Put", true),
  DELETE("KV.Delete", true),
  RANGE("KV.Range", false),
  SESSION_OPEN("Session.Open", true),
  SESSION_KEEP_ALIVE("Session.KeepAlive", true),
  SESSION_CLOSE("Session.Close", true),
  SESSION_LIST("Session.List", false),
  MEMBER_LIST("Cluster.MemberList", false),
  MEMBER_ADD("Cluster.MemberAdd", true),
  MEMBER_PROMOTE("Cluster.MemberPromote", true),
  MEMBER_REMOVE("Cluster.MemberRemove", true),
  MEMBER_REPLACE("Cluster.MemberReplace", true),
  TRANSFER_LEADERSHIP("Cluster.TransferLeadership", true),
  STATUS("Maintenance.Status", false),
  HASH("Maintenance.Hash", false),
  SNAPSHOT("Maintenance.Snapshot", false);

  private final String text;
  private final boolean hasEffect;

  Method(String text, boolean hasEffect) {
    this.text = text;
    this.hasEffect = hasEffect;
  }

  String text() {
    return text;
  }

  /** Whether a request that is cut short leaves something unknown. */
  boolean hasEffect() {
    return hasEffect;
  }
}
