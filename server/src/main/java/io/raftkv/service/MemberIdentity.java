package io.raftkv.service;

import io.raftkv.raft.MemberId;

/**
 * Who answers.
 *
 * @param version of the program
 */
public record MemberIdentity(long clusterId, MemberId memberId, String name, String version) {}
