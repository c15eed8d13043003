#[test]
fn full_probe() {
    let dir = std::env::temp_dir().join("r");
    let r = git2::Repository::init_bare(&dir).unwrap();
    let mut s = 88172645463325252u64;
    let data: Vec<u8> = (0..2_000_000).map(|_| { s ^= s << 13; s ^= s >> 7; s ^= s << 17; s as u8 }).collect();
    let e = r.blob(&data).unwrap_err();
    println!("{:?} {:?} {:?} {}", std::io::Error::last_os_error(), e.class(), e.code(), e.message());
}
