mod model;
mod single;
mod world;
