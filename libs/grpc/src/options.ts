// Settings of channels and servers, all set on purpose here. Names and units are gRPC's (milliseconds, bytes).

import type { ChannelOptions } from '@grpc/grpc-js';

/**
 * Largest message either way. gRPC's own 4 MB is too little for lists of ids (a million ids are up to 4 MB as
 * varints); samples and arrays come in chunks or by reference and stay well below.
 */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export function serverOptions(maxMessageBytes: number): ChannelOptions {
  return {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // A peer that vanished without a word (node lost, cable pulled) is noticed within 40 s.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // No grpc.max_connection_age_ms: a connection past it refuses its own keepalive pings (grpc-js 1.14 on Node 20 and
    // 22), so that a watch of some hours would be cut off instead of going on.
    'grpc.enable_channelz': 0,
  };
}

export function channelOptions(maxMessageBytes: number): ChannelOptions {
  return {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // A server that is just starting is found soon; one that is away is not hammered.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
    // Addresses are servers of the same network; a proxy named in the environment is for the outside.
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
  };
}
