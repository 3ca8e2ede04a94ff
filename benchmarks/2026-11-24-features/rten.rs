use rten::{Model, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

fn input(n: usize) -> Vec<f32> {
    let mut v = Vec::with_capacity(n * 3 * 128 * 128);
    for k in 0..n {
        for c in 0..3 {
            for i in 0..128 {
                for j in 0..128 {
                    let x = (7 * i + 13 * j + 29 * c + 5 * ((i * j) % 31) + 17 * k) % 256;
                    v.push((x as f32 - 127.0) / 128.0);
                }
            }
        }
    }
    v
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (path, mode, threads, batch, images) = (
        &a[1],
        a[2].as_str(),
        a[3].parse::<usize>().unwrap(),
        a[4].parse::<usize>().unwrap(),
        a[5].parse::<usize>().unwrap(),
    );
    let t = Instant::now();
    let model = Model::load(std::fs::read(path).unwrap()).unwrap();
    let load = t.elapsed();
    let values = input(batch);
    let run = |pool: &Arc<ThreadPool>| -> Vec<f32> {
        let x = NdTensor::from_data([batch, 3, 128, 128], values.clone());
        let y = model
            .run_one(
                ValueOrView::from(x.view().as_dyn()),
                Some(RunOptions::default().with_thread_pool(Some(pool.clone()))),
            )
            .unwrap();
        let y: NdTensor<f32, 2> = y.try_into().unwrap();
        y.to_vec()
    };
    let batches = images / batch;
    let first;
    let t;
    if mode == "inner" {
        let pool = Arc::new(ThreadPool::with_num_threads(threads));
        first = run(&pool);
        t = Instant::now();
        for _ in 0..batches {
            assert_eq!(run(&pool), first);
        }
    } else {
        let one = Arc::new(ThreadPool::with_num_threads(1));
        first = run(&one);
        let next = AtomicUsize::new(0);
        t = Instant::now();
        std::thread::scope(|s| {
            for _ in 0..threads {
                s.spawn(|| {
                    let pool = Arc::new(ThreadPool::with_num_threads(1));
                    while next.fetch_add(1, Ordering::Relaxed) < batches {
                        assert_eq!(run(&pool), first);
                    }
                });
            }
        });
    }
    let s = t.elapsed().as_secs_f64();
    let bits = first.iter().fold(0u64, |h, v| h.rotate_left(5).wrapping_mul(0x9E3779B97F4A7C15) ^ v.to_bits() as u64);
    let one: u64 =
        first[..1280].iter().fold(0u64, |h, v| h.rotate_left(5).wrapping_mul(0x9E3779B97F4A7C15) ^ v.to_bits() as u64);
    let rss = std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .find(|l| l.starts_with("VmHWM"))
        .unwrap()
        .to_string();
    println!(
        "rten {mode} threads {threads} batch {batch}: {:.1} images/s, load {:.0} ms, {rss}, bits {bits:016x} first-image {one:016x}; 751: {:.4} mean {:.5}",
        (batches * batch) as f64 / s,
        load.as_secs_f64() * 1e3,
        first[751],
        first[..1280].iter().sum::<f32>() / 1280.0
    );
}
