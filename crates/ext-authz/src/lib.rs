//! Envoy's protocol of external authorization, over gRPC.
