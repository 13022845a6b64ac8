//! Stored password hashes: PHC strings of argon2, read with limits, made and checked in given memory.
//!
//! Spec: RFC 9106, PHC string format
//!
//! Accepted: argon2id, argon2i and argon2d of versions 16 and 19, as other programs made them. Not accepted: a `keyid`
//! (it names a secret that is not here), and costs that would let one stored string stop the pool.

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};

/// The most memory of a hash made elsewhere, in KiB.
const MAX_MEMORY: u32 = 128 * 1024;
/// The most passes.
const MAX_PASSES: u32 = 16;
/// The most lanes. They run one after the other here.
const MAX_LANES: u32 = 16;
/// The most memory times passes, in KiB: thirteen times the work of a hash made here.
const MAX_WORK: u32 = 512 * 1024;
/// Fewer bytes than this could be found by chance.
const MIN_OUTPUT: usize = 16;
/// Bytes of a hash made here.
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// m = 19 MiB, t = 2, p = 1: what new hashes cost.
const COST: Params = Params::DEFAULT;

/// A hash that can be checked at an acceptable cost.
pub(super) struct StoredHash {
    argon2: Argon2<'static>,
    /// Argon2id in its newest version.
    is_made_here: bool,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl StoredHash {
    /// Reads a PHC string; `None` when it is not one, or not one to be checked here.
    pub(super) fn parse(phc: &str) -> Option<Self> {
        let parsed = PasswordHash::new(phc).ok()?;
        let algorithm = Algorithm::new(parsed.algorithm.as_str()).ok()?;
        // A string without a version is older than the parameter.
        let version = parsed.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
        if ["m", "t", "p"]
            .iter()
            .any(|name| parsed.params.get_decimal(*name).is_none())
        {
            return None;
        }
        let params = Params::try_from(&parsed).ok()?;
        let (salt, output) = (parsed.salt?, parsed.hash?);
        let is_acceptable = params.m_cost() <= MAX_MEMORY
            && params.t_cost() <= MAX_PASSES
            && params.p_cost() <= MAX_LANES
            && params.m_cost().saturating_mul(params.t_cost()) <= MAX_WORK
            && params.keyid().is_empty()
            && output.len() >= MIN_OUTPUT;
        is_acceptable.then(|| Self {
            argon2: Argon2::new(algorithm, version, params),
            is_made_here: algorithm == Algorithm::Argon2id && version == Version::V0x13,
            salt: salt.to_vec(),
            output: output.as_bytes().to_vec(),
        })
    }

    /// Whether it is of the kind that is made here, at the same cost or a higher one.
    pub(super) fn is_current(&self) -> bool {
        let params = self.argon2.params();
        self.is_made_here && params.m_cost() >= COST.m_cost() && params.t_cost() >= COST.t_cost()
    }

    /// What is checked when there is nothing to check: the same cost, and an answer that nobody looks at.
    fn dummy() -> Self {
        Self {
            argon2: Argon2::from(COST),
            is_made_here: true,
            salt: vec![0; Salt::RECOMMENDED_LENGTH],
            output: vec![0; OUTPUT],
        }
    }

    fn is_of(&self, password: &[u8], memory: &mut Vec<Block>) -> bool {
        let mut output = vec![0; self.output.len()];
        compute(&self.argon2, password, &self.salt, &mut output, memory).is_some()
            && jose::constant_time_eq(&output, &self.output)
    }
}

/// Whether this is the password; `false` without a stored hash, after the same work.
pub(super) fn verify(stored: Option<&StoredHash>, password: &[u8], memory: &mut Vec<Block>) -> bool {
    if let Some(stored) = stored {
        stored.is_of(password, memory)
    } else {
        StoredHash::dummy().is_of(password, memory);
        false
    }
}

/// A PHC string of this password with a fresh salt.
pub(super) fn hash(password: &[u8], memory: &mut Vec<Block>) -> Option<String> {
    let argon2 = Argon2::from(COST);
    let salt = jose::random_bytes::<{ Salt::RECOMMENDED_LENGTH }>();
    let mut output = [0; OUTPUT];
    compute(&argon2, password, &salt, &mut output, memory)?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&COST).ok()?,
        salt: Some(Salt::new(&salt).ok()?),
        hash: Some(Output::new(&output).ok()?),
    };
    Some(phc.to_string())
}

/// Gives back what a hash made elsewhere needed beyond the usual.
pub(super) fn trim(memory: &mut Vec<Block>) {
    if memory.len() > COST.block_count() {
        memory.truncate(COST.block_count());
        memory.shrink_to_fit();
    }
}

fn compute(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> Option<()> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    argon2
        .hash_password_into_with_memory(password, salt, output, memory)
        .ok()
}
