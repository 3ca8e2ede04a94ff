//! The operators of [`GanOps`] on the CPU: `steadygan-kernels` over Flex's storage.

use super::{AdamStep, BatchNormSettings, ColourMix, Conv, GanOps, Hole, Shift, memory, stock};
use burn::backend::tensor::FloatTensor;
use burn::backend::{DType, Flex, Shape, TensorMetadata, flex};
use steadygan_kernels as kernels;

type Tensor = FloatTensor<Flex>;

/// Calls `f` with the tensor's elements in row-major order; they are copied only if the tensor is a strided view.
fn with_slice<R>(x: &Tensor, f: impl FnOnce(&[f32]) -> R) -> R {
    match x.as_slice::<f32>() {
        Some(slice) => f(slice),
        None => f(x.to_contiguous().storage::<f32>()),
    }
}

/// A new tensor; `fill` writes every element.
fn filled(shape: Shape, fill: impl FnOnce(&mut [f32])) -> Tensor {
    let bytes = memory::filled(shape.num_elements(), fill);
    flex::FlexTensor::new(bytes, flex::Layout::contiguous(shape), DType::F32)
}

/// A new tensor of `x`'s shape that `kernel` computes from `x`.
fn mapped(x: &Tensor, kernel: impl FnOnce(&[f32], &mut [f32])) -> Tensor {
    filled(x.shape(), |y| with_slice(x, |x| kernel(x, y)))
}

/// A new tensor of `x`'s shape that `kernel` computes from `x` and `v`.
fn mapped2(x: &Tensor, v: &Tensor, kernel: impl FnOnce(&[f32], &[f32], &mut [f32])) -> Tensor {
    filled(x.shape(), |y| with_slice(x, |x| with_slice(v, |v| kernel(x, v, y))))
}

/// The number of channels of an NCHW tensor, and the elements of one plane.
fn channels_and_plane(x: &Tensor) -> (usize, usize) {
    let [_, channels, height, width] = x.shape().dims();
    (channels, height * width)
}

/// The number of planes of an NCHW tensor (n · c), its height and its width.
fn planes(x: &Tensor) -> (usize, usize, usize) {
    let [n, c, height, width] = x.shape().dims();
    (n * c, height, width)
}

/// `x`'s shape with height and width multiplied by `up` and divided by `down`.
fn resized(x: &Tensor, up: usize, down: usize) -> Shape {
    let [n, c, height, width] = x.shape().dims();
    Shape::from([n, c, height * up / down, width * up / down])
}

/// Calls `f` with a batch normalisation's settings and channel vectors, as the kernels take them.
fn with_batch_norm<R>(
    x: &Tensor,
    [mean, variance, gamma, beta]: [&Tensor; 4],
    settings: BatchNormSettings,
    f: impl FnOnce(&kernels::BatchNorm<'_>) -> R,
) -> R {
    let (channels, plane) = channels_and_plane(x);
    let [mean, variance, gamma, beta] = [mean, variance, gamma, beta].map(Tensor::to_contiguous);
    f(&kernels::BatchNorm {
        channels,
        plane,
        mean: mean.storage(),
        variance: variance.storage(),
        gamma: gamma.storage(),
        beta: beta.storage(),
        epsilon: settings.epsilon,
        slope: settings.slope,
    })
}

/// Calls `f` with a LeakyReLU's output and the gradient at that output, as the kernels take them.
fn with_leaky_relu<R>(
    y: &Tensor,
    dy: &Tensor,
    slope: f32,
    f: impl FnOnce(kernels::LeakyReluOutput<'_>, &[f32]) -> R,
) -> R {
    with_slice(y, |y| with_slice(dy, |dy| f(kernels::LeakyReluOutput { y, slope }, dy)))
}

/// A contiguous tensor to be changed in place. Writing copies the storage if another tensor shares it.
fn owned(x: Tensor) -> Tensor {
    x.to_contiguous()
}

impl GanOps for Flex {
    fn conv(x: Tensor, weight: Tensor, conv: Conv) -> Tensor {
        let shape = [conv.batch, conv.out_channels, conv.out_height(), conv.out_width()];
        filled(Shape::from(shape), |y| {
            with_slice(&x, |x| with_slice(&weight, |w| kernels::conv(&conv, x, w, y)));
        })
    }

    fn conv_transpose(dy: Tensor, weight: Tensor, conv: Conv) -> Tensor {
        let shape = [conv.batch, conv.in_channels, conv.in_height, conv.in_width];
        filled(Shape::from(shape), |dx| {
            with_slice(&dy, |dy| {
                with_slice(&weight, |w| kernels::conv_input_gradient(&conv, dy, w, dx));
            });
        })
    }

    fn conv_weight_gradient(x: Tensor, dy: Tensor, conv: Conv) -> Tensor {
        let shape = [conv.out_channels, conv.in_channels, conv.kernel, conv.kernel];
        filled(Shape::from(shape), |dw| {
            with_slice(&x, |x| {
                with_slice(&dy, |dy| kernels::conv_weight_gradient(&conv, x, dy, dw));
            });
        })
    }

    fn conv_leaky_relu(x: Tensor, weight: Tensor, conv: Conv, slope: f32) -> Tensor {
        let shape = [conv.batch, conv.out_channels, conv.out_height(), conv.out_width()];
        filled(Shape::from(shape), |y| {
            with_slice(&x, |x| with_slice(&weight, |w| kernels::conv_leaky_relu(&conv, slope, x, w, y)));
        })
    }

    fn conv_leaky_relu_input_gradient(y: Tensor, dy: Tensor, weight: Tensor, conv: Conv, slope: f32) -> Tensor {
        let shape = [conv.batch, conv.in_channels, conv.in_height, conv.in_width];
        filled(Shape::from(shape), |dx| {
            with_leaky_relu(&y, &dy, slope, |leaky, dy| {
                with_slice(&weight, |w| kernels::conv_leaky_relu_input_gradient(&conv, leaky, dy, w, dx));
            });
        })
    }

    fn conv_leaky_relu_weight_gradient(x: Tensor, y: Tensor, dy: Tensor, conv: Conv, slope: f32) -> Tensor {
        let shape = [conv.out_channels, conv.in_channels, conv.kernel, conv.kernel];
        filled(Shape::from(shape), |dw| {
            with_leaky_relu(&y, &dy, slope, |leaky, dy| {
                with_slice(&x, |x| kernels::conv_leaky_relu_weight_gradient(&conv, x, leaky, dy, dw));
            });
        })
    }

    fn add_bias(x: Tensor, bias: Tensor) -> Tensor {
        let (channels, plane) = channels_and_plane(&x);
        mapped2(&x, &bias, |x, bias, y| kernels::add_bias(x, bias, channels, plane, y))
    }

    fn bias_gradient(dy: Tensor) -> Tensor {
        let (channels, plane) = channels_and_plane(&dy);
        filled(Shape::from([channels]), |db| {
            with_slice(&dy, |dy| kernels::bias_gradient(dy, channels, plane, db));
        })
    }

    fn channel_moments(x: Tensor) -> (Tensor, Tensor) {
        let (channels, plane) = channels_and_plane(&x);
        let mut variances = vec![0.0; channels];
        let mean = filled(Shape::from([channels]), |mean| {
            with_slice(&x, |x| kernels::channel_moments(x, channels, plane, mean, &mut variances));
        });
        let variance = filled(Shape::from([channels]), |v| v.copy_from_slice(&variances));
        (mean, variance)
    }

    fn batch_norm(
        x: Tensor,
        mean: Tensor,
        variance: Tensor,
        gamma: Tensor,
        beta: Tensor,
        settings: BatchNormSettings,
    ) -> Tensor {
        with_batch_norm(&x, [&mean, &variance, &gamma, &beta], settings, |norm| {
            mapped(&x, |x, y| kernels::batch_norm(norm, x, y))
        })
    }

    fn batch_norm_gradient(
        x: Tensor,
        dy: Tensor,
        mean: Tensor,
        variance: Tensor,
        gamma: Tensor,
        beta: Tensor,
        settings: BatchNormSettings,
    ) -> (Tensor, Tensor, Tensor) {
        if !settings.of_batch {
            return stock::batch_norm_gradient::<Self>(x, dy, mean, variance, gamma, beta, settings);
        }
        let (channels, _) = channels_and_plane(&x);
        let mut dgammas = vec![0.0; channels];
        let mut dbetas = vec![0.0; channels];
        let dx = with_batch_norm(&x, [&mean, &variance, &gamma, &beta], settings, |norm| {
            mapped2(&x, &dy, |x, dy, dx| {
                kernels::batch_norm_gradient(norm, x, dy, dx, &mut dgammas, &mut dbetas);
            })
        });
        let vector = |v: &[f32]| filled(Shape::from([channels]), |out| out.copy_from_slice(v));
        (dx, vector(&dgammas), vector(&dbetas))
    }

    fn leaky_relu(x: Tensor, slope: f32) -> Tensor {
        mapped(&x, |x, y| kernels::leaky_relu(x, slope, y))
    }

    fn leaky_relu_gradient(x: Tensor, dy: Tensor, slope: f32) -> Tensor {
        mapped2(&x, &dy, |x, dy, dx| kernels::leaky_relu_gradient(x, slope, dy, dx))
    }

    fn tanh(x: Tensor) -> Tensor {
        mapped(&x, kernels::tanh)
    }

    fn tanh_gradient(y: Tensor, dy: Tensor) -> Tensor {
        mapped2(&y, &dy, kernels::tanh_gradient)
    }

    fn sigmoid(x: Tensor) -> Tensor {
        mapped(&x, kernels::sigmoid)
    }

    fn sigmoid_gradient(y: Tensor, dy: Tensor) -> Tensor {
        mapped2(&y, &dy, kernels::sigmoid_gradient)
    }

    fn max_pool2(x: Tensor) -> Tensor {
        let (planes, height, width) = planes(&x);
        filled(resized(&x, 1, 2), |y| {
            with_slice(&x, |x| kernels::max_pool2(x, planes, height, width, y));
        })
    }

    fn max_pool2_scatter(x: Tensor, dy: Tensor) -> Tensor {
        let (planes, height, width) = planes(&x);
        mapped2(&x, &dy, |x, dy, dx| kernels::max_pool2_scatter(x, planes, height, width, dy, dx))
    }

    fn max_pool2_gather(x: Tensor, v: Tensor) -> Tensor {
        let (planes, height, width) = planes(&x);
        filled(resized(&x, 1, 2), |y| {
            with_slice(&x, |x| {
                with_slice(&v, |v| kernels::max_pool2_gather(x, planes, height, width, v, y));
            });
        })
    }

    fn upsample2(x: Tensor) -> Tensor {
        let (planes, height, width) = planes(&x);
        filled(resized(&x, 2, 1), |y| {
            with_slice(&x, |x| kernels::upsample2(x, planes, height, width, y));
        })
    }

    fn block_sum2(dy: Tensor) -> Tensor {
        let (planes, height, width) = planes(&dy);
        filled(resized(&dy, 1, 2), |dx| {
            with_slice(&dy, |dy| kernels::upsample2_gradient(dy, planes, height / 2, width / 2, dx));
        })
    }

    fn mix_colours(x: Tensor, mixes: Vec<ColourMix>) -> Tensor {
        mapped(&x, |images, y| kernels::mix_colours(images, x.shape().dims(), &mixes, y))
    }

    fn translate(x: Tensor, shifts: Vec<Shift>) -> Tensor {
        mapped(&x, |images, y| kernels::translate(images, x.shape().dims(), &shifts, y))
    }

    fn erase(x: Tensor, holes: Vec<Hole>) -> Tensor {
        mapped(&x, |images, y| kernels::erase(images, x.shape().dims(), &holes, y))
    }

    fn add(a: Tensor, b: Tensor) -> Tensor {
        mapped2(&a, &b, kernels::add)
    }

    fn sum_of_squares(x: Tensor) -> Tensor {
        filled(Shape::from([1]), |y| y[0] = with_slice(&x, kernels::sum_of_squares) as f32)
    }

    fn zero_if_finite(x: Tensor) -> Tensor {
        let is_finite = with_slice(&x, kernels::is_finite);
        filled(Shape::from([1]), |y| y[0] = if is_finite { 0.0 } else { f32::NAN })
    }

    fn average(average: Tensor, x: Tensor, decay: f64) -> Tensor {
        let mut average = owned(average);
        with_slice(&x, |x| kernels::average(decay, average.storage_mut(), x));
        average
    }

    fn adam(
        parameter: Tensor,
        gradient: Tensor,
        first: Tensor,
        second: Tensor,
        step: AdamStep,
    ) -> (Tensor, Tensor, Tensor) {
        let (mut parameter, mut first, mut second) = (owned(parameter), owned(first), owned(second));
        with_slice(&gradient, |gradient| {
            kernels::adam(&step, parameter.storage_mut(), gradient, first.storage_mut(), second.storage_mut());
        });
        (parameter, first, second)
    }
}
