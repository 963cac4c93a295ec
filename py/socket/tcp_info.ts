/**
 * The fields of a `struct tcp_info`, as linux/tcp.h names them. Those with a question
 * mark come last there: an older kernel, or a short buffer, leaves them out.
 */
export interface TcpInfo {
  /** The state, such as 1 for TCP_ESTABLISHED. */
  readonly tcpi_state: number;
  /** State of the congestion control. */
  readonly tcpi_ca_state: number;
  /** How often the oldest segment was sent again. */
  readonly tcpi_retransmits: number;
  /** Probes of a closed window or an idle connection, unanswered. */
  readonly tcpi_probes: number;
  /** How often the retransmission time-out was doubled. */
  readonly tcpi_backoff: number;
  /** Bits: timestamps 1, SACK 2, window scaling 4, ECN 8. */
  readonly tcpi_options: number;
  /** The peer's window scale. */
  readonly tcpi_snd_wscale: number;
  /** Our window scale. */
  readonly tcpi_rcv_wscale: number;
  /** 1 if the delivery rate was limited by the program. */
  readonly tcpi_delivery_rate_app_limited: number;
  /** Why Fast Open failed: 0 to 3. */
  readonly tcpi_fastopen_client_fail: number;
  /** Retransmission time-out, in microseconds. */
  readonly tcpi_rto: number;
  /** Delayed acknowledgement, in microseconds. */
  readonly tcpi_ato: number;
  /** Segment size to send, in bytes. */
  readonly tcpi_snd_mss: number;
  /** Segment size received, in bytes. */
  readonly tcpi_rcv_mss: number;
  /** Segments in flight; of a listener, clients that wait. */
  readonly tcpi_unacked: number;
  /** Segments acknowledged selectively; of a listener, the backlog. */
  readonly tcpi_sacked: number;
  /** Segments taken for lost. */
  readonly tcpi_lost: number;
  /** Segments sent again and not yet acknowledged. */
  readonly tcpi_retrans: number;
  /** No longer in use: 0. */
  readonly tcpi_fackets: number;
  /** Milliseconds since data was sent. */
  readonly tcpi_last_data_sent: number;
  /** No longer in use: 0. */
  readonly tcpi_last_ack_sent: number;
  /** Milliseconds since data came. */
  readonly tcpi_last_data_recv: number;
  /** Milliseconds since an acknowledgement came. */
  readonly tcpi_last_ack_recv: number;
  /** The path's MTU, in bytes. */
  readonly tcpi_pmtu: number;
  /** Upper bound of the window we offer, in bytes. */
  readonly tcpi_rcv_ssthresh: number;
  /** Round trip, smoothed, in microseconds. */
  readonly tcpi_rtt: number;
  /** Deviation of the round trip, in microseconds. */
  readonly tcpi_rttvar: number;
  /** Slow start threshold, in segments. */
  readonly tcpi_snd_ssthresh: number;
  /** Congestion window, in segments. */
  readonly tcpi_snd_cwnd: number;
  /** Segment size we told the peer, in bytes. */
  readonly tcpi_advmss: number;
  /** By how many segments the path reorders. */
  readonly tcpi_reordering: number;
  /** Round trip as the receiver sees it, in microseconds. */
  readonly tcpi_rcv_rtt?: number;
  /** Receive buffer that tuning aims at, in bytes. */
  readonly tcpi_rcv_space?: number;
  /** Segments sent again, in all. */
  readonly tcpi_total_retrans?: number;
  /** Bytes a second that sending is paced to; Infinity for no limit. */
  readonly tcpi_pacing_rate?: number;
  /** The most it may be paced to; Infinity for no limit. */
  readonly tcpi_max_pacing_rate?: number;
  /** Bytes that the peer acknowledged. */
  readonly tcpi_bytes_acked?: number;
  /** Bytes received. */
  readonly tcpi_bytes_received?: number;
  /** Segments sent. */
  readonly tcpi_segs_out?: number;
  /** Segments received. */
  readonly tcpi_segs_in?: number;
  /** Bytes in the send buffer not sent yet. */
  readonly tcpi_notsent_bytes?: number;
  /** Shortest round trip, in microseconds. */
  readonly tcpi_min_rtt?: number;
  /** Segments with data received. */
  readonly tcpi_data_segs_in?: number;
  /** Segments with data sent. */
  readonly tcpi_data_segs_out?: number;
  /** Bytes a second that arrived of late. */
  readonly tcpi_delivery_rate?: number;
  /** Microseconds spent with data to send. */
  readonly tcpi_busy_time?: number;
  /** Microseconds held up by the peer's window. */
  readonly tcpi_rwnd_limited?: number;
  /** Microseconds held up by the send buffer. */
  readonly tcpi_sndbuf_limited?: number;
  /** Segments delivered. */
  readonly tcpi_delivered?: number;
  /** Segments delivered with a mark of congestion. */
  readonly tcpi_delivered_ce?: number;
  /** Bytes of data sent. */
  readonly tcpi_bytes_sent?: number;
  /** Bytes of data sent again. */
  readonly tcpi_bytes_retrans?: number;
  /** Duplicates that the peer reported. */
  readonly tcpi_dsack_dups?: number;
  /** Times that reordering was seen. */
  readonly tcpi_reord_seen?: number;
  /** Segments received out of order. */
  readonly tcpi_rcv_ooopack?: number;
  /** The peer's window, in bytes. */
  readonly tcpi_snd_wnd?: number;
  /** Our window, in bytes. */
  readonly tcpi_rcv_wnd?: number;
  /** Times that another path was tried. */
  readonly tcpi_rehash?: number;
  /** Retransmission time-outs, in all. */
  readonly tcpi_total_rto?: number;
  /** Times that one of them was recovered from. */
  readonly tcpi_total_rto_recoveries?: number;
  /** Milliseconds spent recovering from them. */
  readonly tcpi_total_rto_time?: number;
}
