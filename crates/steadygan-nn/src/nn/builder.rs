//! Builds networks.

use super::{
    AnyLayer, AveragePool2, BatchNorm, BilinearUpsample2, ClassEmbedding, ClassHead, ClassHeadKind, ClassScale, Conv2d,
    ConvSpec, ConvTranspose2d, DiscriminativeBasis, Dropout, GaussianNoise, GenerativeBasis, GlobalSumPool, ImageShape,
    Init, Initializer, InstanceNorm, LayerNorm, LeakyRelu, MaxPool2, Maxout, MinibatchDiscrimination, MinibatchStd,
    Network, PixelShuffle2, Reshape, Residual, ResidualScale, SelfAttention, Sigmoid, Tanh, Upsample2,
    VirtualBatchNorm, chain,
};

/// Builds a network layer by layer. The shapes below are of one image, `[c, h, w]`.
#[derive(Debug)]
pub struct Builder {
    layers: Vec<AnyLayer>,
    input: ImageShape,
    /// The part of a layer's name before its number.
    prefix: String,
    spectral: bool,
    init: Initializer,
}

impl Builder {
    /// An empty network for inputs of a shape.
    pub fn new(input: ImageShape, init: Initializer) -> Self {
        Self { layers: Vec::new(), input, prefix: "main".into(), spectral: false, init }
    }

    /// The shape of the last layer's output.
    pub fn output(&self) -> ImageShape {
        chain::output(&self.layers, self.input)
    }

    /// Turns [spectral normalisation](super::SpectralWeight) on or off for the convolutions added after this call,
    /// including those inside self-attention.
    pub fn spectral_norm(self, on: bool) -> Self {
        Self { spectral: on, ..self }
    }

    /// Changes the initialisation rule for the layers added after this call.
    pub fn initialised(mut self, rule: Init) -> Self {
        self.init.init = rule;
        self
    }

    /// The initializer of the network's parameters.
    pub fn initializer(&self) -> &Initializer {
        &self.init
    }

    fn push(mut self, layer: impl FnOnce(&str, &Self) -> AnyLayer) -> Self {
        let name = format!("{}.{}", self.prefix, self.layers.len());
        self.layers.push(layer(&name, &self));
        self
    }

    fn plain(self, layer: AnyLayer) -> Self {
        self.push(|_, _| layer)
    }

    /// Adds a convolution, `[in_channels, h, w]` to `[out_channels, h', w']`.
    pub fn conv(self, spec: ConvSpec) -> Self {
        self.push(|name, Self { spectral, init, .. }| {
            let conv = Conv2d::new(spec, name, init);
            AnyLayer::Conv2d(if *spectral { conv.with_spectral_norm(name, init) } else { conv })
        })
    }

    /// Adds a transposed convolution, `[in_channels, h, w]` to `[out_channels, h', w']`.
    pub fn conv_transpose(self, spec: ConvSpec) -> Self {
        self.push(|name, Self { spectral, init, .. }| {
            let conv = ConvTranspose2d::new(spec, name, init);
            AnyLayer::ConvTranspose2d(if *spectral { conv.with_spectral_norm(name, init) } else { conv })
        })
    }

    /// Adds a linear layer over channels, `[from, 1, 1]` to `[to, 1, 1]`: a 1×1 convolution.
    pub fn linear(self, from: usize, to: usize, bias: bool) -> Self {
        self.conv(ConvSpec::valid(from, to, 1, bias))
    }

    /// Adds batch normalisation, `[channels, h, w]` to the same.
    pub fn batch_norm(self, channels: usize) -> Self {
        self.push(|name, own| AnyLayer::BatchNorm(BatchNorm::new(channels, name, &own.init)))
    }

    /// Adds instance normalisation, `[channels, h, w]` to the same.
    pub fn instance_norm(self, channels: usize) -> Self {
        self.push(|name, own| AnyLayer::InstanceNorm(InstanceNorm::new(channels, name, &own.init)))
    }

    /// Adds layer normalisation, `[channels, h, w]` to the same.
    pub fn layer_norm(self, channels: usize) -> Self {
        self.push(|name, own| AnyLayer::LayerNorm(LayerNorm::new(channels, name, &own.init)))
    }

    /// Adds virtual batch normalisation, `[channels, h, w]` to the same; the network then needs a reference batch
    /// ([`Network::set_reference`]).
    pub fn virtual_batch_norm(self, channels: usize) -> Self {
        self.push(|name, own| AnyLayer::VirtualBatchNorm(VirtualBatchNorm::new(channels, name, &own.init)))
    }

    /// Adds a LeakyReLU, any shape; slope 0 is a ReLU.
    pub fn leaky_relu(self, slope: f32) -> Self {
        self.plain(AnyLayer::LeakyRelu(LeakyRelu { slope }))
    }

    /// Adds a maxout over `pieces` neighbouring channels, `[c · pieces, h, w]` to `[c, h, w]`.
    pub fn maxout(self, pieces: usize) -> Self {
        self.plain(AnyLayer::Maxout(Maxout { pieces }))
    }

    /// Adds a hyperbolic tangent, any shape.
    pub fn tanh(self) -> Self {
        self.plain(AnyLayer::Tanh(Tanh {}))
    }

    /// Adds a logistic function, any shape.
    pub fn sigmoid(self) -> Self {
        self.plain(AnyLayer::Sigmoid(Sigmoid {}))
    }

    /// Adds 2×2 max pooling, `[c, 2h, 2w]` to `[c, h, w]`.
    pub fn max_pool(self) -> Self {
        self.plain(AnyLayer::MaxPool2(MaxPool2 {}))
    }

    /// Adds 2×2 average pooling, `[c, 2h, 2w]` to `[c, h, w]`.
    pub fn average_pool(self) -> Self {
        self.plain(AnyLayer::AveragePool2(AveragePool2 {}))
    }

    /// Adds the sum over all pixels, `[c, h, w]` to `[c, 1, 1]`.
    pub fn global_sum_pool(self) -> Self {
        self.plain(AnyLayer::GlobalSumPool(GlobalSumPool {}))
    }

    /// Adds nearest-neighbour doubling, `[c, h, w]` to `[c, 2h, 2w]`.
    pub fn upsample(self) -> Self {
        self.plain(AnyLayer::Upsample2(Upsample2 {}))
    }

    /// Adds bilinear doubling, `[c, h, w]` to `[c, 2h, 2w]`.
    pub fn bilinear_upsample(self) -> Self {
        self.plain(AnyLayer::BilinearUpsample2(BilinearUpsample2 {}))
    }

    /// Adds a pixel shuffle, `[4c, h, w]` to `[c, 2h, 2w]`.
    pub fn pixel_shuffle(self) -> Self {
        self.plain(AnyLayer::PixelShuffle2(PixelShuffle2 {}))
    }

    /// Adds a reshape of each image to `shape`, which has the same number of values.
    pub fn reshape(self, shape: ImageShape) -> Self {
        self.plain(AnyLayer::Reshape(Reshape { shape }))
    }

    /// Adds a learned image for each channel, `[c, 1, 1]` to `[c, size, size]`.
    pub fn generative_basis(self, size: usize) -> Self {
        self.push(|name, own| {
            let [channels, ..] = own.output();
            AnyLayer::GenerativeBasis(GenerativeBasis::new(channels, size, name, &own.init))
        })
    }

    /// Adds a learned weighting of each channel's pixels, `[c, h, w]` to `[c, 1, 1]`.
    pub fn discriminative_basis(self) -> Self {
        self.push(|name, own| {
            let basis = DiscriminativeBasis::new(own.output(), name, &own.init);
            AnyLayer::DiscriminativeBasis(basis)
        })
    }

    /// Adds dropout with a probability in [0, 1), any shape.
    pub fn dropout(self, probability: f32) -> Self {
        self.plain(AnyLayer::Dropout(Dropout { probability }))
    }

    /// Adds noise of N(0, deviation²), any shape.
    pub fn gaussian_noise(self, deviation: f32) -> Self {
        self.plain(AnyLayer::GaussianNoise(GaussianNoise { deviation }))
    }

    /// Adds minibatch standard deviation over groups of this many images, `[c, h, w]` to `[c + 1, h, w]`.
    pub fn minibatch_std(self, group: usize) -> Self {
        self.plain(AnyLayer::MinibatchStd(MinibatchStd { group }))
    }

    /// Adds minibatch discrimination, `[c, h, w]` to `[c + features, h, w]`; see [`MinibatchDiscrimination::new`].
    pub fn minibatch_discrimination(self, features: usize, dimensions: usize) -> Self {
        self.push(|name, own| {
            let layer = MinibatchDiscrimination::new(own.output(), features, dimensions, name, &own.init);
            AnyLayer::MinibatchDiscrimination(layer)
        })
    }

    /// Adds self-attention, `[c, h, w]` to the same.
    pub fn attention(self) -> Self {
        self.push(|name, own| {
            let [channels, ..] = own.output();
            AnyLayer::SelfAttention(SelfAttention::new(channels, own.spectral, name, &own.init))
        })
    }

    /// Adds a learned image of `channels` channels for each class, `[c, h, w]` to `[c + channels, h, w]`.
    pub fn class_embedding(self, classes: usize, channels: usize) -> Self {
        self.push(|name, own| {
            let [_, h, w] = own.output();
            AnyLayer::ClassEmbedding(ClassEmbedding::new(classes, [channels, h, w], name, &own.init))
        })
    }

    /// Adds a scale and a shift of each channel for each class, `[c, h, w]` to the same.
    pub fn class_scale(self, classes: usize) -> Self {
        self.push(|name, own| {
            let [channels, ..] = own.output();
            AnyLayer::ClassScale(ClassScale::new(classes, channels, name, &own.init))
        })
    }

    /// Adds the last layer of a class-conditional discriminator, `[c, h, w]` to `[1, 1, 1]`; `spec` is the convolution
    /// to the logit.
    pub fn class_head(self, spec: ConvSpec, classes: usize, kind: ClassHeadKind) -> Self {
        self.push(|name, own| AnyLayer::ClassHead(ClassHead::new(spec, classes, kind, own.spectral, name, &own.init)))
    }

    /// Adds a residual block, scale · main + skip. `main` and `skip` each add a branch's layers to an empty builder;
    /// both must end in the same shape. A `skip` that adds no layer is the identity.
    pub fn residual(
        self,
        scale: ResidualScale,
        main: impl FnOnce(Self) -> Self,
        skip: impl FnOnce(Self) -> Self,
    ) -> Self {
        self.push(|name, own| {
            let [main, skip] = [main(own.branch(name, "main")), skip(own.branch(name, "skip"))];
            debug_assert_eq!(main.output(), skip.output(), "both branches end in one shape");
            AnyLayer::Residual(Residual::new(main.layers, skip.layers, scale, &own.init))
        })
    }

    /// An empty builder for a branch whose input is the output so far.
    fn branch(&self, name: &str, branch: &str) -> Self {
        let (input, spectral, init) = (self.output(), self.spectral, self.init.clone());
        Self { layers: Vec::new(), input, prefix: format!("{name}.{branch}"), spectral, init }
    }

    /// The network.
    pub fn build(self) -> Network {
        Network::new(self.layers, self.input)
    }
}
